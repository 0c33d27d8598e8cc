"""Clean pipelines of data frames: categories, text and missing values, prepared in the training fold alone."""

from __future__ import annotations

import numpy as np

from negres_core import Dataset, Estimator, Recipe, Stage, matches
from tests.zoo.models import linear, network
from tests.zoo.pipelines import FIT, Pipeline

PARTIES = ["strong Democrat", "Democrat", "leans Democrat", "independent", "leans Republican", "Republican"]
PARTIES += ["strong Republican"]
SCHOOLS = ["grades", "some high school", "high school", "some college", "college", "master", "doctorate"]


def survey(seed, *, rows=400):
    """Return a sample of the American National Election Study of 1996, as a frame, and the votes, as text.

    Places of unknown size are missing as given; every tenth income is taken out.
    """
    import pandas as pd
    from statsmodels.datasets import anes96

    table = anes96.load_pandas().data.sample(rows, random_state=seed).reset_index(drop=True)
    random = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "party": [PARTIES[int(party)] for party in table["PID"]],
            "school": pd.Categorical([SCHOOLS[int(school) - 1] for school in table["educ"]], categories=SCHOOLS),
            "age": table["age"],
            "income": table["income"].where(random.random(rows) >= 0.1),
            "place": table["popul"].where(table["popul"] > 0),
            "news": table["TVnews"],
            "clinton": table["ClinLR"],
            "dole": table["DoleLR"],
        }
    )
    return frame, np.where(table["vote"] == 1, "Dole", "Clinton")


NUMBERS = ["age", "income", "place", "news", "clinton", "dole"]


def by_columns(*, categories=None):
    """Return a ColumnTransformer that fills and scales numbers, and encodes categories by `categories`."""
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    filled = make_pipeline(SimpleImputer(add_indicator=True), StandardScaler())
    encoder = categories or OneHotEncoder(handle_unknown="ignore")
    return ColumnTransformer([("numbers", filled, NUMBERS), ("categories", encoder, ["party", "school"])])


def by_targets():
    from sklearn.preprocessing import TargetEncoder

    return by_columns(categories=TargetEncoder())


def logistic():
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression()


def boosting():
    """A Pipeline takes the frame itself: it fills nothing, since trees take what is missing as it is."""
    from sklearn.compose import make_column_selector, make_column_transformer
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OrdinalEncoder

    encoder = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    columns = make_column_selector(dtype_exclude=np.number)
    encoded = make_column_transformer((encoder, columns), remainder="passthrough")
    return make_pipeline(encoded, HistGradientBoostingClassifier(max_iter=20))


def data_of(frame, votes):
    return Dataset(x=frame, y=votes, name="survey")


def frame_of_categories(seed):
    """A network and a linear one on a frame with categories and missing values."""
    treatment, control = (
        Recipe(Stage(build, **FIT), preprocess=by_columns) for build in (network(hidden=(8,)), linear)
    )
    claim = matches("accuracy", within=0.05)
    return Pipeline(data=data_of(*survey(seed)), treatment=treatment, control=control, claim=claim)


def encoded_by_targets(seed):
    """Categories are encoded by the targets of the training fold, and boosting takes the frame as it is."""
    return Pipeline(
        data=data_of(*survey(seed)),
        treatment=Recipe(Estimator(logistic), preprocess=by_targets),
        control=Recipe(Estimator(boosting)),
        claim=matches("accuracy", within=0.05),
    )


PIPELINES_OF_FRAMES = {pipeline.__name__: pipeline for pipeline in (frame_of_categories, encoded_by_targets)}
