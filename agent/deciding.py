"""What makes a moment evidence, and when evidence is sure: the rule is here and nowhere else.

| who vouches for the moment            | it is evidence when               | and the answer is sure when |
|---------------------------------------|-----------------------------------|-----------------------------|
| a verifier that looked                | it was seen                       | it was seen                 |
| a model that grounded it (its score)  | score ≥ found                     | score ≥ sure (*)            |
| the index alone (probability)         | presence ≥ present, score ≥ found | score ≥ sure                |

No evidence gives `not_found`, evidence that is not sure gives `uncertain`, the rest is `answered`.
Beside the best a moment is named only if it was seen or is at least half as likely (`worth_naming`).
`presence` is the chance that the thing is in the video at all, the index's `score` the chance that it
is in this moment: the first may be high while the second is low. A model looked at the pictures
themselves, so the index's presence does not overrule it.
(*) If a verifier was to look and came to no verdict, it is not sure.
"""

from agent.context import Thresholds
from agent.state import Candidate

BY_INDEX = "retrieval_probability"
"""The score kind of moments that no model has looked at."""
BESIDE = 0.5
"""Share of the best score: what is less than half as likely is most often another thing."""


def is_evidence(row: Candidate, limits: Thresholds) -> bool:
    """Tell whether a moment counts."""
    if row["verdict"] != "unverified":
        return row["verdict"] == "seen"
    likely = row["score_kind"] != BY_INDEX or row["presence"] >= limits.present
    return likely and row["score"] >= limits.found


def worth_naming(row: Candidate, best: Candidate) -> bool:
    """Tell whether evidence is named in an answer beside the best: not when it is far weaker."""
    return row["verdict"] == "seen" or row["score"] >= BESIDE * best["score"]


def doubt(best: Candidate, limits: Thresholds, *, verifier_looks: bool) -> str:
    """Return why the best evidence may be wrong; nothing when it is sure."""
    if best["verdict"] == "seen":
        return ""
    if verifier_looks:
        return "The moment was not verified."
    if best["score"] >= limits.sure:
        return ""
    if best["score_kind"] != BY_INDEX:
        return f"The model's confidence in the best moment is {best['score']:.2f}, below {limits.sure:g}."
    return (
        f"It is probably in the video (chance {best['presence']:.2f}), but where is not sure: "
        f"the best moment's chance is {best['score']:.2f}, below {limits.sure:g}."
    )


def absence(presence: float | None, limits: Thresholds) -> str:
    """Return why nothing was found, as far as the index can tell; nothing when it cannot."""
    if presence is None or presence >= limits.present:
        return ""
    return (
        f"The chance that it is in the video at all is {presence:.2f}, "
        f"below {limits.present:g}, as far as the index can tell."
    )
