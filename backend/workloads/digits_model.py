"""A model that is loaded once a worker and scores one image after another: what actor pools are for."""

from sklearn.datasets import load_digits
from sklearn.svm import SVC


class DigitsModel:
    """Classifies 8×8 images of digits; trained when its worker starts."""

    def __init__(self, train_share: float = 0.5) -> None:
        self.images, self.labels = load_digits(return_X_y=True)
        trained_on = int(len(self.labels) * train_share)
        self.model = SVC(gamma=0.001).fit(self.images[:trained_on], self.labels[:trained_on])

    def __call__(self, image: int) -> dict[str, int | bool]:
        """Classifies one image.

        Args:
            image: its number in the data set, 0 to 1796.
        """
        guess = int(self.model.predict(self.images[image : image + 1])[0])
        return {"digit": int(self.labels[image]), "guess": guess, "right": guess == int(self.labels[image])}
