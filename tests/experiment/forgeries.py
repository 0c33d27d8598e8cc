"""Ways to forge evidence, by somebody who seals what they write; each is a function of a forger."""

from __future__ import annotations

import json

from tests.experiment.forger import ELSEWHERE, MAIN, REACHES

ROLES = ("treatment", "control")


def no_arms(forger):
    forger.edit(arms=[], differences=[], looks=[], estimate=None)


def no_arms_and_an_invented_estimate(forger):
    forger.edit(arms=[])


def no_arms_and_no_failed_control(forger):
    forger.edit(arms=[], differences=[], looks=[], estimate=None, verdict="invalid", finding="budget", p_value=None)


def the_best_cell_repeated(forger):
    content, arm = forger.arm()
    arm["replicates"][-1] = [arm["replicates"][-1][-1]] * len(arm["replicates"][-1])
    arm["replicates"][0] = [arm["replicates"][0][-1]] * len(arm["replicates"][0])
    forger.results_of(content)


def the_best_seed_of_each_cell_twice(forger):
    content, arm = forger.arm()
    arm["replicates"] = [[id for id in stage[1::2] for _ in range(2)] for stage in arm["replicates"]]
    forger.results_of(content)


def cells_in_another_order(forger):
    content, arm = forger.arm()
    arm["replicates"] = [stage[::-1] for stage in arm["replicates"]]
    forger.results_of(content)


def the_worst_repeat_left_out(forger):
    content = forger.read()
    for arm in content["arms"]:
        arm["replicates"] = [stage[4:] for stage in arm["replicates"]]
        arm["values"] = arm["values"][1:]
    forger.results_of(content)


def arms_swapped(forger):
    content = forger.read()
    content["arms"] = [
        arm | {"role": role} for arm, role in zip(content["arms"][::-1], ("treatment", "control"), strict=True)
    ]
    forger.results_of(content)


def roles_swapped(forger):
    content = forger.read()
    content["arms"] = content["arms"][::-1]
    forger.results_of(content)


def replicates_of_the_arms_swapped(forger):
    content = forger.read()
    one, other = content["arms"]
    one["replicates"], other["replicates"] = [one["replicates"][0], other["replicates"][0]], [one["replicates"][1]]
    forger.results_of(content)


def replicates_of_other_data(forger):
    content, other = forger.read(), forger.read(ELSEWHERE)
    content["arms"][0]["replicates"] = other["arms"][0]["replicates"]
    forger.results_of(content)


def another_data_set_by_name(forger):
    content = forger.read()
    forger.write(content | {"data": content["data"] | {"digest": "e" * 64}})


def parents_of_another_cell(forger):
    content, arm = forger.arm()
    arm["replicates"][0] = arm["replicates"][0][4:] + arm["replicates"][0][:4]
    forger.results_of(content)


def children_of_other_parents(forger):
    _, arm = forger.arm()
    id = arm["replicates"][0][0]
    record = json.loads(forger.path(id).read_text())
    forger.copy(id, weights=[record["weights"][0] | {"end": "another"}])


def a_stage_left_out(forger):
    content, arm = forger.arm()
    arm["replicates"] = arm["replicates"][1:]
    forger.results_of(content)


def better_replicates_under_keys_of_their_own(forger):
    content, arm = forger.arm()
    arm["replicates"][-1] = [
        forger.copy(id, key={"recipe": "9" * 64}, metrics={"accuracy": 0.99 + 0.001 * place, "loss": 0.1})
        for place, id in enumerate(arm["replicates"][-1])
    ]
    forger.results_of(content)


def another_seed_in_the_place_of_a_bad_one(forger):
    content, arm = forger.arm()
    arm["replicates"][-1][0] = forger.copy(arm["replicates"][-1][0], key={"seed": 7})
    forger.results_of(content)


def other_rows_for_one_arm(forger):
    content, arm = forger.arm()
    arm["replicates"][-1] = [
        forger.copy(id, key={"rows": f"{place // 2:032x}"}) for place, id in enumerate(arm["replicates"][-1])
    ]
    forger.results_of(content)


def the_same_rows_in_every_fold(forger):
    content = forger.read()
    for arm in content["arms"]:
        arm["replicates"] = [[forger.copy(id, key={"rows": "0" * 32}) for id in stage] for stage in arm["replicates"]]
    forger.results_of(content)


def _change_keys_of_one_arm(key, forger):
    content, arm = forger.arm()
    arm["replicates"] = [[forger.copy(id, key=key) for id in stage] for stage in arm["replicates"]]
    forger.results_of(content)


def another_number_of_folds(forger):
    _change_keys_of_one_arm({"folds": 5}, forger)


def a_gpu_for_one_arm(forger):
    _change_keys_of_one_arm({"device": "gpu"}, forger)


def another_engine_for_one_arm(forger):
    _change_keys_of_one_arm({"contract": 1}, forger)


def another_backend_in_the_evidence(forger):
    content = forger.read()
    forger.write(content | {"provenance": content["provenance"] | {"backend": "jax"}})


def fewer_epochs_than_described(forger):
    _, arm = forger.arm(1)
    id = arm["replicates"][-1][0]
    record = json.loads(forger.path(id).read_text())
    forger.copy(id, budget=record["budget"] | {"epochs": 1})


def another_budget_in_the_evidence(forger):
    content, arm = forger.arm(1)
    arm["budget"]["epochs"] = 50
    forger.write(content)


def another_name_for_an_arm(forger):
    content, arm = forger.arm()
    arm["recipe"] = "something better (3 epochs)"
    forger.write(content)


def another_recipe_described(forger):
    content, arm = forger.arm()
    arm["description"]["stages"][-1]["code"] = "7" * 64
    forger.write(content)


def no_model_beside_a_record(forger):
    _, arm = forger.arm()
    forger.copy(arm["replicates"][-1][0], model=None)


def a_metric_left_out_of_some_records(forger):
    _, arm = forger.arm()
    forger.copy(arm["replicates"][-1][0], metrics={"loss": 0.1})


def another_verdict(forger):
    forger.edit(verdict="refuted", finding="worse")


def another_p_value(forger):
    forger.edit(p_value=1e-9)


def another_estimate(forger):
    content = forger.read()
    forger.write(content | {"estimate": content["estimate"] | {"effect": 0.5}})


def other_values(forger):
    content, arm = forger.arm()
    arm["values"][0][0] += 0.01
    forger.write(content)


def other_metrics(forger):
    content, arm = forger.arm()
    arm["metrics"]["accuracy"]["mean"] += 0.01
    forger.write(content)


def a_smaller_margin(forger):
    content = forger.read()
    content["claim"]["threshold"] = 0.0
    forger.results_of(content)


def a_generous_level(forger):
    content = forger.read()
    content["claim"]["alpha"] = 0.4
    forger.results_of(content)


def a_metric_turned_round(forger):
    content = forger.read(ELSEWHERE)
    content["claim"] |= {"metric": "loss", "unit": "loss", "higher_is_better": True}
    forger.results_of(content)


def a_smoke_run_with_a_verdict(forger):
    forger.edit(smoke=True, registration=None, outcome=None)


def an_interrupted_run_with_a_verdict(forger):
    forger.edit(status="started")


def a_claim_hidden_as_a_mixture(forger):
    forger.edit(kind="mixture")


def a_surprise_called_expected(forger):
    content = forger.read(ELSEWHERE)
    forger.write(content | {"expected": "refuted", "outcome": "as expected"})


def an_invented_registration(forger):
    content = forger.read(ELSEWHERE)
    forger.write(content | {"registration": forger.read()["registration"]})


def a_registration_that_no_ledger_has(forger):
    content = forger.read()
    forger.write(content | {"registration": content["registration"] | {"entry": "5" * 64}})


def an_earlier_registration(forger):
    content = forger.read()
    registration = content["registration"] | {"registered_at": "2020-01-01T00:00:00+00:00"}
    forger.write(content | {"registration": registration})


def a_registration_hidden(forger):
    content = forger.read()
    started = content["timings"] | {"started_at": "2999-01-01T00:00:00+00:00"}
    exploratory = dict.fromkeys(("entry", "registered_at", "reason", "committed"))
    exploratory |= {"status": "exploratory", "changed": [], "seen": [], "older": 0}
    forger.write(content | {"registration": exploratory, "timings": started})


def a_change_since_the_registration_hidden(forger):
    content = forger.read()
    content["registration"] |= {"status": "registered", "changed": []}
    content["claim"]["threshold"] = 0.005
    forger.results_of(content)


def no_registration_at_all(forger):
    content = forger.read()
    started = content["timings"] | {"started_at": "2999-01-01T00:00:00+00:00"}
    forger.write(content | {"registration": None, "timings": started})


def the_ledger_removed(forger):
    forger.ledger.unlink()


def the_ledger_edited(forger):
    forger.ledger.write_bytes(forger.ledger.read_bytes().replace(b"supported", b"refuted!!"))


def replicates_older_than_the_registration(forger):
    content = forger.read()
    for arm in content["arms"]:
        arm["replicates"][-1] = [
            forger.copy(id, recorded_at="2020-01-01T00:00:00+00:00") for id in arm["replicates"][-1]
        ]
    forger.write(content)


def a_failed_control_left_out(forger):
    forger.edit(controls=[])


def a_control_that_failed_and_passed(forger):
    content = forger.read()
    forger.write(content | {"controls": [*content["controls"], content["controls"][0]]})


def controls_called_uncontrolled(forger):
    forger.edit(controlled="none")


def a_picture_of_something_else(forger):
    picture = {"name": "originals", "caption": "", "file": "pictures/originals-01234567.png", "sha256": "0" * 64}
    forger.edit(pictures=[picture])


def evidence_in_the_folder_of_another(forger):
    path = forger.store.evidence_path(REACHES)
    path.write_bytes(forger.store.evidence_path(MAIN).read_bytes())


def a_second_arm_for_a_claim_about_one(forger):
    content = forger.read(REACHES)
    content["arms"] = [content["arms"][0], forger.read()["arms"][0] | {"role": "control"}]
    forger.write(content)


def an_arm_left_out(forger):
    content = forger.read()
    forger.write(content | {"arms": content["arms"][:1]})


def a_small_run_that_is_not_there(forger):
    forger.edit(controlled="all", small_runs={"true targets": [["0" * 32]]})


def fewer_repeats_than_planned(forger):
    content = forger.read()
    content["design"] |= {"repeats": 9}
    content["claim"]["threshold"] = 0.14
    forger.results_of(content)


FORGERIES = [
    value
    for value in dict(globals()).values()
    if callable(value) and getattr(value, "__code__", None) and value.__code__.co_varnames[:1] == ("forger",)
]
