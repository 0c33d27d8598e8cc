"""The checklist of NeurIPS for papers, answered from the records as far as they can."""

from __future__ import annotations

from negres_core.report.paper import facts
from negres_core.report.paper.checklist import Checklist, Item, texts_of
from negres_core.report.paper.conduct import describe_budgets, describe_hardware, describe_tuning
from negres_core.report.paper.judgement import describe_designs, describe_family, describe_looks
from negres_core.report.paper.latex import Sentence
from negres_core.report.paper.study import Study

SOURCE = Sentence(
    "Items of the NeurIPS paper checklist in our words; answers are generated from the records of the runs, and the "
    "author says whether they amount to a yes"
)
ALONE = "The records do not know"


def answer_neurips(study: Study) -> Checklist:
    """Return the checklist of a study."""
    designs, looks = texts_of(describe_designs(study)), texts_of(describe_looks(study))
    significance = [
        "The table has the 95% confidence interval of every effect, which is about splits and seeds as the design says",
        *designs,
        *looks,
        *texts_of(describe_family(study)),
    ]
    setting = [*designs, *texts_of(describe_budgets(study)), *texts_of(describe_tuning(study))]
    reproduction = [*facts.describe_reproduction(study), *facts.describe_code(study)]
    items = [
        Item("1", "Claims", [facts.count_verdicts(study)], "Whether abstract and introduction say the same"),
        Item("2", "Limitations", facts.describe_limits(study), "Limits that no design knows of"),
        Item("3", "Theory, assumptions and proofs", [], ALONE),
        Item("4", "Reproducibility of the results", reproduction, "How readers get the evidence"),
        Item("5", "Open access to data and code", facts.describe_data(study), "Whether data and code are public"),
        Item("6", "Experimental setting", [*facts.describe_arms(study), *setting], "Settings chosen before the run"),
        Item("7", "Statistical significance", significance),
        Item("8", "Compute resources", texts_of(describe_hardware(study)), "Runs that are not in these records"),
        Item("9", "Code of ethics", [], ALONE),
        Item("10", "Broader impacts", [], ALONE),
        Item("11", "Safeguards", [], ALONE),
        Item("12", "Licenses of existing assets", [], "The records name sources of data, not licenses"),
        Item("13", "New assets", [], ALONE),
        Item("14", "Crowdsourcing and human subjects", [], ALONE),
        Item("15", "Approval by review boards", [], ALONE),
        Item("16", "Use of large language models", [], ALONE),
    ]
    return Checklist("NeurIPS paper checklist", SOURCE, items)
