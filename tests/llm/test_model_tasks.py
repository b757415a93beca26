"""Choices and rewritings by the embedded model, fetched on first use."""

from __future__ import annotations

import pytest

from structurer.assembly import CaptionStructurer
from structurer.backends import open_backend
from structurer.budget import fits
from structurer.config import EngineConfig
from structurer.enrichment import Forbidden
from structurer.models import pull_embedded
from structurer.proving import REFUSALS
from structurer.records import CaptionRecord

pytestmark = pytest.mark.model

CAPTIONS = [
    "A 34-year-old woman with itchy, scaly plaques on both elbows for three weeks; psoriasis.",
    "Pearly nodule with telangiectasia on the nose, no ulcer; basal cell carcinoma.",
    "A steel bridge.",
]


@pytest.fixture(scope="module")
def backend():
    pull_embedded()
    return open_backend("transformers", "smollm2-135m")


def rows(backend, **more):
    engine = CaptionStructurer(EngineConfig(**more), backend=backend)
    return engine.structure([CaptionRecord(str(i), text) for i, text in enumerate(CAPTIONS)])


def test_what_the_model_rewrites_is_proven_or_refused(backend):
    found = rows(backend, lane="lexicon", llm_refine=True)
    plain = rows(backend, lane="lexicon")
    for row, before in zip(found[:2], plain[:2], strict=True):
        if row.refined_by == "model":
            assert fits(row.texts.refined)
            assert row.texts.refined != before.texts.refined
            assert not Forbidden(row.mentions).holds(row.texts.refined)
        else:
            assert row.refined_refusal in REFUSALS
            assert row.texts == before.texts
    assert "model" in {row.refined_by for row in found}
    assert found[2].refined_by is None
    assert found == rows(backend, lane="lexicon", llm_refine=True)


def test_what_the_model_chooses_is_a_candidate(backend, linker):
    from structurer.choosing import Chooser, clause
    from structurer.cleaning import clean
    from structurer.records import Mention

    caption = "Rough bumpy skin on both elbows; burning when it rains."
    mentions = [
        Mention(field, text, start := caption.index(text), start + len(text), lanes=("llm",))
        for field, text in (("concept", "Rough bumpy skin"), ("symptom", "burning when it rains"))
    ]
    (settled,) = Chooser(linker, backend).settle([(clean(caption), mentions)])
    assert set(settled.outcomes) <= {"chosen", "none"}
    for before, after in zip(mentions, settled.mentions, strict=True):
        near = linker.nearest(before.text, before.field, clause(caption, before.start, before.end))
        assert after.node is None or after.node in {one.node for one in near}
