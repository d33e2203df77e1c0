"""The solution with one thing changed: mistakes that must be found, and other right ways."""

from reference.cnn.variants.flaws_accuracy import ACCURACIES
from reference.cnn.variants.flaws_counts import COUNTS
from reference.cnn.variants.flaws_functions import CONVOLUTIONS, THRESHOLDS
from reference.cnn.variants.flaws_models import CNN, FC, LENET
from reference.cnn.variants.flaws_objects import OBJECTS
from reference.cnn.variants.flaws_training import TRAINING
from reference.cnn.variants.right import RIGHT

FLAWS = (*TRAINING, *FC, *LENET, *CNN, *OBJECTS, *CONVOLUTIONS, *THRESHOLDS, *COUNTS, *ACCURACIES)
VARIANTS = (*RIGHT, *FLAWS)

__all__ = ["FLAWS", "RIGHT", "VARIANTS"]
