"""The zoo: planted bugs that the controls have to find, and clean pipelines that they have to leave alone."""

from tests.zoo import bugs_of_data, bugs_of_harness, bugs_of_learning, bugs_of_mechanics
from tests.zoo.bugs import BUGS
from tests.zoo.pipelines import PIPELINES
from tests.zoo.undetectable import UNDETECTABLE

FAMILIES = (bugs_of_data, bugs_of_mechanics, bugs_of_learning, bugs_of_harness)
"""The modules that plant; importing them fills BUGS."""

__all__ = ["BUGS", "FAMILIES", "PIPELINES", "UNDETECTABLE"]
