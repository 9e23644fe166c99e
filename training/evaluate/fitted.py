"""Fitted: the thresholds that `whenwhat calibrate` has stored for what a system works with."""

from collections.abc import Mapping
from pathlib import Path

from agent.calibrated import Fit, stored_fits
from grounder.library import Library


def fitted(models: Mapping[str, str], library: Path | None) -> Fit | None:
    """Return what is stored for an encoder and a grounder; None where nothing is, or a system has not both.

    Args:
        models: role to model, as specs name them.
        library: folder of the indexes; None is the user's cache directory.

    Raises:
        LibraryError: what is stored is damaged.
        ModelError: the encoder cannot be loaded.
    """
    if "encoder" not in models:
        return None
    with Library.open(library) as shelf:
        fits = [fit for fit in stored_fits(shelf.folder) if fit.grounder == models["grounder"]]
    if not fits:
        return None
    from grounder.encoders import load_encoder

    # Thresholds are kept by the encoder's full name, with its precision: that is known once it is loaded.
    name = load_encoder(models["encoder"]).name
    return next((fit for fit in fits if fit.encoder == name), None)
