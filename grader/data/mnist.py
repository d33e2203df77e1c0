"""MNIST: 60,000 training and 10,000 test images of handwritten digits, as raw IDX files."""

from grader.data.interface import Dataset, RawFile, Split

MNIST = Dataset(
    name="mnist",
    folder="MNIST/raw",
    splits={
        "train": Split(
            images=RawFile(
                name="train-images-idx3-ubyte",
                md5="6bbc9ace898e44ae57da46a324031adb",
                size=16 + 60_000 * 28 * 28,
                shape=(60_000, 28, 28),
            ),
            labels=RawFile(
                name="train-labels-idx1-ubyte",
                md5="a25bea736e30d166cdddb491f175f624",
                size=8 + 60_000,
                shape=(60_000,),
            ),
        ),
        "test": Split(
            images=RawFile(
                name="t10k-images-idx3-ubyte",
                md5="2646ac647ad5339dbf082846283269ea",
                size=16 + 10_000 * 28 * 28,
                shape=(10_000, 28, 28),
            ),
            labels=RawFile(
                name="t10k-labels-idx1-ubyte",
                md5="27ae3e4e09519cfbb04c329615203637",
                size=8 + 10_000,
                shape=(10_000,),
            ),
        ),
    },
    classes=10,
)
