"""Training: what it reaches, that it is reproducible and pure, when it stops and how it fails."""

import copy
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpkit import MLP, SGD, cross_entropy, identity, numerical_gradient, relu, sigmoid, softmax
from mlpkit import activations as all_activations
from mlpkit.datasets import curve, digits, xor
from mlpkit.optimizers import ExponentialDecay, penalty_value
from mlpkit.training import (
    History,
    Stop,
    Trainer,
    TrainingDivergedError,
    accuracy,
    cross_validate,
    mean_gradients,
    train,
)

NET = MLP((2, 3, 1), sigmoid, sigmoid)


def generator(seed=0):
    return np.random.default_rng(seed)


def start(net=NET, seed=0, scale=1.0):
    return net.init(generator(seed), scale=scale)


def noise_data(rows=11, seed=5):
    rng = generator(seed)
    return rng.normal(size=(rows, 2)), rng.uniform(0.1, 0.9, size=(rows, 1))


def same_bits(first, second):
    return all(first[key].tobytes() == second[key].tobytes() for key in first)


# -- what is learnt --------------------------------------------------------------------------------------


def test_xor_is_learnt_by_two_hidden_units():
    net = MLP((2, 2, 1), sigmoid, sigmoid)
    result = train(net, start(net, seed=1), xor(), SGD(step=2.0, momentum=0.9), epochs=500)
    assert np.round(net.forward(result.params, xor().x).output.ravel()).tolist() == [0, 1, 1, 0]
    assert result.history.last.accuracy == 1.0


def test_another_start_ends_in_a_local_minimum_of_xor():
    net = MLP((2, 2, 1), sigmoid, sigmoid)
    result = train(net, start(net, seed=0), xor(), SGD(step=2.0, momentum=0.9), epochs=500)
    assert result.history.last.accuracy < 1.0


def test_a_linear_layer_finds_the_least_squares_line():
    x, d = noise_data(30)
    net = MLP((2, 1))
    result = train(net, start(net), (x, d), SGD(step=0.3, momentum=0.5), epochs=2000)
    exact = np.linalg.lstsq(np.column_stack([np.ones(30), x]), d, rcond=None)[0].ravel()
    np.testing.assert_allclose([result.params["b1"][0], *result.params["W1"][0]], exact, atol=1e-9)


def test_a_linear_layer_with_penalty_finds_the_ridge_solution():
    x, d = noise_data(30)
    net, lam = MLP((2, 1)), 0.4
    result = train(net, start(net), (x, d), SGD(0.3, 0.5, penalty=lam), epochs=2000)
    A = np.column_stack([np.ones(30), x])
    exact = np.linalg.solve(A.T @ A / 30 + lam * np.diag([0, 1, 1]), A.T @ d / 30).ravel()
    np.testing.assert_allclose([result.params["b1"][0], *result.params["W1"][0]], exact, atol=1e-9)


def test_a_regression_curve_is_fitted():
    data = curve(generator(), "sine", n=60, noise=0.05)
    net = MLP((1, 8, 1), sigmoid, identity)
    result = train(net, start(net, scale=2.0), data, SGD(0.2, 0.9), epochs=1500)
    assert result.history.last.divergence < 0.01
    assert np.isnan(result.history.accuracy).all()


@pytest.mark.exhaustive
def test_digits_are_learnt():
    parts = digits().split(generator(1), 0.7, 0.0, 0.3)
    net = MLP((64, 20, 10), relu, softmax, cross_entropy)
    result = train(net, start(net, scale=0.2), parts.train, SGD(0.1, 0.9), 20, batch_size=32, rng=generator())
    assert accuracy(net.forward(result.params, parts.test.x).output, parts.test.d) > 0.95


@pytest.mark.parametrize("batch_size", [None, 1, 3])
def test_units_with_equal_weights_remain_equal(batch_size):
    params = {key: np.full(shape, 0.1) for key, shape in NET.shapes().items()}
    result = train(
        NET, params, noise_data(), SGD(0.5, 0.9), epochs=50, batch_size=batch_size, rng=generator()
    )
    assert (result.params["W1"] == result.params["W1"][0]).all()
    assert (result.params["W2"] == result.params["W2"][0, 0]).all()
    assert not np.allclose(result.params["W1"], 0.1)


# -- the steps -------------------------------------------------------------------------------------------


def test_an_epoch_of_stochastic_training_is_one_update_a_row():
    x, d = noise_data(4)
    params, changes, optimizer = start(), None, SGD(0.5, 0.9)
    for n in range(4):
        slope = numerical_gradient(lambda p, n=n: NET.loss(p, x[[n]], d[[n]]), params)
        params, changes = optimizer.update(params, slope, changes)
    result = train(NET, start(), (x, d), optimizer, epochs=1, batch_size=1, shuffle=False)
    for key, value in params.items():
        np.testing.assert_allclose(result.params[key], value, atol=1e-8)


def test_accumulated_mini_batches_give_the_batch_step():
    data = noise_data(11)
    whole = train(NET, start(), data, SGD(0.5), epochs=5)
    pieces = train(NET, start(), data, SGD(0.5), epochs=5, batch_size=4, accumulate=3)
    for key, value in whole.params.items():
        np.testing.assert_allclose(pieces.params[key], value, atol=1e-14)


def test_a_ragged_last_batch_counts_by_its_rows():
    x, d = noise_data(7)
    numerical = numerical_gradient(lambda p: NET.loss(p, x, d), start())
    loss, gradients = mean_gradients(NET, start(), x, d, batch_size=3)
    assert loss == pytest.approx(NET.loss(start(), x, d), rel=1e-14)
    for key, value in numerical.items():
        np.testing.assert_allclose(gradients[key], value, atol=1e-9)


@given(size=st.integers(1, 12))
def test_mean_gradients_do_not_depend_on_the_batch_size(size):
    x, d = noise_data(11)
    expected = mean_gradients(NET, start(), x, d)
    found = mean_gradients(NET, start(), x, d, batch_size=size)
    assert found[0] == pytest.approx(expected[0], rel=1e-13)
    for key, value in expected[1].items():
        np.testing.assert_allclose(found[1][key], value, atol=1e-14)


def test_the_step_follows_its_schedule():
    result = train(NET, start(), noise_data(), SGD(ExponentialDecay(0.8, 0.5)), epochs=3)
    assert result.history.step[1:].tolist() == [0.8, 0.4, 0.2]


class RowsSeen(SGD):
    """An optimizer that notes the gradients it is given and leaves everything as it is."""

    def update(self, params, gradients, changes=None, epoch=0):
        SEEN.append(gradients["b1"][0])
        return dict(params), dict(changes)


SEEN: list[float] = []


def orders(batch_size, seed, epochs=2, shuffle=True):
    """Rows in the order in which training saw them: with one identity unit and x = 0 the bias gradient is -d."""
    SEEN.clear()
    net, rows = MLP((1, 1)), 6
    data = (np.zeros((rows, 1)), np.arange(1.0, rows + 1)[:, np.newaxis])
    zero = {key: np.zeros(shape) for key, shape in net.shapes().items()}
    train(net, zero, data, RowsSeen(0.1), epochs, batch_size=batch_size, rng=generator(seed), shuffle=shuffle)
    return [-value for value in SEEN]


def test_every_epoch_takes_every_row_once_in_a_new_order():
    seen = orders(1, seed=3)
    assert sorted(seen[:6]) == sorted(seen[6:]) == [1, 2, 3, 4, 5, 6]
    assert seen[:6] != seen[6:]


def test_without_shuffling_the_rows_come_as_they_are():
    assert orders(1, seed=3, shuffle=False) == [1, 2, 3, 4, 5, 6] * 2


def test_the_order_does_not_depend_on_the_batch_size():
    single = np.reshape(orders(1, seed=3), (-1, 2)).mean(axis=1)
    np.testing.assert_allclose(orders(2, seed=3), single, rtol=1e-14)


# -- reproducible and pure -------------------------------------------------------------------------------


def run(seed=4, **options):
    settings = {"epochs": 7, "batch_size": 3, "rng": generator(seed), **options}
    return train(NET, start(), noise_data(), SGD(0.5, 0.5), **settings)


def test_the_same_seed_gives_the_same_bits():
    assert same_bits(run().params, run().params)
    assert run().history.to_array().tobytes() == run().history.to_array().tobytes()


def test_another_seed_gives_another_order():
    assert not same_bits(run(4).params, run(5).params)


def test_a_batch_of_all_rows_is_batch_training_to_the_bit():
    assert same_bits(run(batch_size=11).params, run(batch_size=None).params)
    assert same_bits(run(batch_size=1000).params, run(batch_size=None).params)


def test_validation_data_do_not_change_training():
    assert same_bits(run(validation=noise_data(seed=9)).params, run().params)


@pytest.mark.parametrize("pieces", [(3, 4), (1,) * 7, (7, 0)])
def test_training_in_pieces_is_training_at_once_to_the_bit(pieces):
    trainer = Trainer(NET, noise_data(), SGD(0.5, 0.5), batch_size=3)
    state = trainer.start(start(), generator(4))
    for epochs in pieces:
        state = trainer.advance(state, epochs)
    whole = run()
    assert same_bits(dict(state.params), whole.params)
    assert state.history.to_array().tobytes() == whole.history.to_array().tobytes()


def test_a_state_can_be_advanced_twice_with_the_same_result():
    trainer = Trainer(NET, noise_data(), SGD(0.5, 0.5), batch_size=3)
    state = trainer.advance(trainer.start(start(), generator(4)), 2)
    assert same_bits(dict(trainer.advance(state, 3).params), dict(trainer.advance(state, 3).params))
    assert state.epoch == 2


@pytest.mark.parametrize("clone", [copy.deepcopy, lambda state: pickle.loads(pickle.dumps(state))])
def test_a_state_survives_being_stored(clone):
    trainer = Trainer(NET, noise_data(), SGD(0.5, 0.5), batch_size=3)
    state = trainer.advance(trainer.start(start(), generator(4)), 2)
    assert same_bits(dict(trainer.advance(clone(state), 3).params), dict(trainer.advance(state, 3).params))


def test_a_state_cannot_be_written_to():
    state = Trainer(NET, noise_data(), SGD(0.5)).start(start())
    with pytest.raises(ValueError, match="read-only"):
        state.params["W1"][0, 0] = 1.0


def test_nothing_of_the_callers_is_changed():
    params, (x, d), rng = start(), noise_data(), generator(4)
    before = copy.deepcopy((params, x, d, rng.bit_generator.state))
    train(NET, params, (x, d), SGD(0.5, 0.5), epochs=3, batch_size=2, rng=rng)
    assert same_bits(before[0], params)
    assert (before[1] == x).all()
    assert (before[2] == d).all()
    assert before[3] == rng.bit_generator.state


def test_the_global_generator_is_not_used():
    state = np.random.get_state()[1].copy()
    run()
    assert (np.random.get_state()[1] == state).all()


def test_the_result_may_be_written_to_without_harm_to_the_state():
    result = run()
    result.params["W1"][:] = 0.0
    assert (result.state.params["W1"] != 0).any()


def randomised_net():
    return MLP((2, 3, 1), all_activations.randomised_leaky_relu, sigmoid)


def test_random_activations_are_drawn_from_the_generator():
    net = randomised_net()

    def weights(seed):
        return train(net, start(net), noise_data(), SGD(0.5), epochs=3, rng=generator(seed)).params

    assert same_bits(weights(1), weights(1))
    assert not same_bits(weights(1), weights(2))


def test_random_activations_do_not_shift_the_order_of_the_rows():
    trainer = Trainer(randomised_net(), noise_data(), SGD(0.5), batch_size=2)
    plain = Trainer(NET, noise_data(), SGD(0.5), batch_size=2)
    states = [t.advance(t.start(start(t.net), generator(1)), 2) for t in (trainer, plain)]
    assert states[0]._order.bit_generator.state == states[1]._order.bit_generator.state


def test_a_random_network_needs_a_generator():
    with pytest.raises(ValueError, match="rng must be a generator"):
        train(randomised_net(), start(randomised_net()), noise_data(), SGD(0.5))


# -- what is reported ------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["L2", "L1"])
def test_the_loss_reported_contains_the_penalty(kind):
    x, d = noise_data()
    result = train(NET, start(), (x, d), SGD(0.5, penalty=0.1, penalty_kind=kind), epochs=3)
    last = result.history.last
    assert last.divergence == pytest.approx(NET.loss(result.params, x, d), rel=1e-13)
    assert last.loss == pytest.approx(last.divergence + penalty_value(result.params, 0.1, kind), rel=1e-13)


@pytest.mark.parametrize("kind", ["L2", "L1"])
def test_the_gradient_norm_reported_is_that_of_the_loss_with_its_penalty(kind):
    x, d = noise_data()
    result = train(NET, start(), (x, d), SGD(0.5, penalty=0.1, penalty_kind=kind), epochs=3)
    slope = numerical_gradient(lambda p: NET.loss(p, x, d) + penalty_value(p, 0.1, kind), result.params)
    norm = np.sqrt(sum(np.sum(g**2) for g in slope.values()))
    assert result.history.last.gradient_norm == pytest.approx(norm, abs=1e-7)


def test_the_validation_loss_contains_no_penalty():
    x, d = noise_data(seed=8)
    result = train(NET, start(), noise_data(), SGD(0.5, penalty=0.1), epochs=3, validation=(x, d))
    assert result.history.last.validation_loss == pytest.approx(NET.loss(result.params, x, d), rel=1e-13)


def test_the_history_begins_before_training():
    x, d = noise_data()
    result = train(NET, start(), (x, d), SGD(0.5), epochs=4)
    assert result.history.epoch.tolist() == [0, 1, 2, 3, 4]
    assert result.history.loss[0] == pytest.approx(NET.loss(start(), x, d), rel=1e-13)
    assert result.history.to_array().shape == (5, len(result.history.columns))


def test_no_epochs_only_measure():
    result = train(NET, start(), noise_data(), SGD(0.5), epochs=0)
    assert same_bits(result.params, start())
    assert len(result.history) == 1


def test_a_history_shows_itself():
    history = run(validation=noise_data(seed=9)).history
    assert "7 epochs" in repr(history)
    assert "validation loss" in history._repr_html_()
    assert "accuracy" not in history._repr_html_()
    assert pickle.loads(pickle.dumps(history)).to_array().tobytes() == history.to_array().tobytes()


def test_a_history_names_its_columns_when_asked_for_another():
    with pytest.raises(KeyError, match="gradient_norm"):
        run().history["lost"]
    with pytest.raises(AttributeError, match="gradient_norm"):
        _ = run().history.lost
    assert isinstance(run().history, History)


def test_training_is_quiet(capfd):
    run()
    assert capfd.readouterr() == ("", "")


def test_a_bar_goes_to_the_standard_output(capfd):
    run(progress=True)
    out, err = capfd.readouterr()
    assert "7/7" in out
    assert err == ""


def test_progress_may_be_a_function():
    seen = []
    run(progress=lambda record: seen.append(record.epoch))
    assert seen == [1, 2, 3, 4, 5, 6, 7]


@pytest.mark.parametrize(
    ("Y", "d", "share"),
    [
        ([[0.6], [0.4], [0.7]], [[1.0], [0.0], [0.0]], 2 / 3),
        ([[0.1], [-0.2]], [[1.0], [-1.0]], 1.0),
        ([[0.2, 0.5, 0.3], [0.9, 0.0, 0.1]], [[0.1, 0.9, 0.1], [0.1, 0.1, 0.9]], 0.5),
    ],
)
def test_accuracy(Y, d, share):
    assert accuracy(Y, d) == pytest.approx(share)


def test_validation_of_one_class_uses_the_threshold_of_the_training_targets():
    result = train(NET, start(), xor(), SGD(0.1), 0, validation=([[0.0, 0.0]], [[0.0]]))
    output = NET.forward(start(), [0.0, 0.0]).output[0]
    assert result.history.last.validation_accuracy == float(output <= 0.5)


# -- stopping --------------------------------------------------------------------------------------------


def test_stopping_by_gradient_norm():
    result = train(
        MLP((2, 1)), start(MLP((2, 1))), noise_data(), SGD(0.3), 5000, stop=Stop(gradient_norm=1e-6)
    )
    norms = result.history.gradient_norm
    assert norms[-1] <= 1e-6 < norms[-2]
    assert "gradient" in result.stopped


def test_stopping_by_loss_change_waits_for_the_first_epoch():
    result = train(NET, start(), noise_data(), SGD(0.1), epochs=50, stop=Stop(loss_change=1e9))
    assert result.history.last.epoch == 1


def test_stopping_by_loss():
    result = train(NET, start(), xor(), SGD(2.0, 0.9), epochs=2000, stop=Stop(loss=0.01))
    assert result.history.loss[-1] <= 0.01 < result.history.loss[-2]


def overfitting(stop, epochs=400):
    """Five noisy points and far too many units: the validation loss falls and rises again."""
    rng = generator(0)
    net = MLP((1, 12, 1), sigmoid)
    part, rest = curve(rng, "sine", 5, 0.6), curve(rng, "sine", 60, 0.6)
    return (
        net,
        train(net, net.init(rng, scale=4.0), part, SGD(0.1, 0.9), epochs, validation=rest, stop=stop),
        rest,
    )


def test_early_stopping_returns_the_best_parameters():
    net, result, rest = overfitting(Stop(patience=20))
    losses = result.history.validation_loss
    assert result.epoch == losses.argmin() == result.history.last.epoch - 20
    assert net.loss(result.params, rest.x, rest.d) == pytest.approx(losses.min(), rel=1e-12)
    assert "not improved for 20 epochs" in result.stopped


def test_without_patience_the_last_parameters_come_back():
    net, result, rest = overfitting(None)
    assert result.epoch == 400
    assert result.state.best_epoch == result.history.validation_loss.argmin() < 400
    assert net.loss(result.params, rest.x, rest.d) == pytest.approx(result.history.last.validation_loss)


def test_a_stopped_state_stays():
    trainer = Trainer(NET, noise_data(), SGD(0.1), stop=Stop(loss_change=1e9))
    state = trainer.advance(trainer.start(start()), 5)
    assert state.epoch == 1
    assert trainer.advance(state, 5) is state


# -- failing ---------------------------------------------------------------------------------------------


def diverging(**options):
    net = MLP((2, 1))
    x, d = noise_data()
    with pytest.raises(TrainingDivergedError) as caught:
        train(net, start(net), (x, d), SGD(1e6), epochs=500, rng=generator(), **options)
    return net, (x, d), caught.value


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("batch_size", [None, 2])
def test_divergence_is_reported_with_finite_parameters_and_the_way_there(batch_size):
    net, (x, d), error = diverging(batch_size=batch_size)
    assert all(np.isfinite(value).all() for value in error.params.values())
    assert np.isfinite(error.last_loss)
    assert error.history.last.epoch == error.epoch - 1
    assert np.isfinite(net.loss(error.params, x[:2], d[:2]))
    assert f"epoch {error.epoch}" in str(error)
    assert "smaller step" in str(error)


@pytest.mark.filterwarnings("error")
def test_divergence_before_training():
    net = MLP((1, 1))
    params = {"W1": [[1e200]], "b1": [0.0]}
    with pytest.raises(TrainingDivergedError, match="epoch 0 at step 0"):
        train(net, params, ([[1e10]], [[0.0]]), SGD(0.1))


def test_momentum_of_one_never_settles_but_stays_finite():
    result = train(NET, start(), noise_data(), SGD(0.1, momentum=1.0), epochs=50)
    assert np.isfinite(result.history.loss).all()


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"epochs": -1}, ValueError, "epochs must be at least 0"),
        ({"epochs": 1.5}, TypeError, "epochs must be a whole number"),
        ({"batch_size": 0}, ValueError, "batch_size must be at least 1"),
        ({"accumulate": 0}, ValueError, "accumulate must be at least 1"),
        ({"rng": None}, ValueError, "rng must be a generator"),
        ({"rng": 7}, TypeError, "rng must be"),
        ({"stop": Stop(patience=3)}, ValueError, "needs validation data"),
        ({"stop": 3}, TypeError, "stop must be a Stop"),
    ],
)
def test_impossible_settings_are_refused(options, error, message):
    with pytest.raises(error, match=message):
        run(**options)


@pytest.mark.parametrize(
    ("x", "d", "message"),
    [
        (np.zeros((0, 2)), np.zeros((0, 1)), "at least one"),
        (np.zeros((3, 2)), np.zeros((2, 1)), "as many rows"),
        (np.zeros((3, 2)), np.zeros(3), r"d of data must have shape \(T, 1\)"),
        (np.zeros((3, 5)), np.zeros((3, 1)), r"x of data must have shape \(T, 2\)"),
        (np.full((3, 2), np.nan), np.zeros((3, 1)), "finite"),
        (np.zeros((3, 2)), np.full((3, 1), np.nan), "finite"),
    ],
)
def test_impossible_data_are_refused(x, d, message):
    with pytest.raises(ValueError, match=message):
        train(NET, start(), (x, d), SGD(0.1))


def test_data_must_be_a_pair():
    with pytest.raises(TypeError, match=r"a Dataset or a pair \(x, d\)"):
        train(NET, start(), np.zeros((3, 2)), SGD(0.1))


def test_targets_outside_the_divergence_are_refused_before_training():
    net = MLP((2, 2), output=softmax, divergence=cross_entropy)
    with pytest.raises(ValueError, match="d must"):
        train(net, start(net), (np.zeros((1, 2)), [[0.5, 0.9]]), SGD(0.1))


@pytest.mark.parametrize(
    "options", [{"patience": 0}, {"loss_change": -1.0}, {"gradient_norm": -1.0}, {"improvement": -1.0}]
)
def test_impossible_criteria_are_refused(options):
    with pytest.raises(ValueError, match=next(iter(options))):
        Stop(**options)


# -- cross-validation ------------------------------------------------------------------------------------


def hidden_units(units):
    return MLP((1, units, 1), sigmoid)


def compare(**options):
    data = curve(generator(), "sine", 24, 0.05)
    settings = {"folds": 4, "rng": generator(2), "optimizer": SGD(0.3, 0.9), "epochs": 150, "scale": 2.0}
    return cross_validate(hidden_units, data, [1, 6], **{**settings, **options})


def test_cross_validation_chooses_enough_hidden_units():
    result = compare()
    assert result.scores.shape == (2, 4)
    assert result.chosen == 6
    np.testing.assert_allclose(result.mean, result.scores.mean(axis=1))
    assert "chosen 6" in repr(result)


def test_standard_error_is_that_of_scipy():
    from scipy.stats import sem

    result = compare(epochs=5)
    np.testing.assert_allclose(result.standard_error, sem(result.scores, axis=1))


def test_cross_validation_is_reproducible_and_leaves_the_generator():
    rng = generator(2)
    state = rng.bit_generator.state
    first = compare(rng=rng, epochs=5)
    assert rng.bit_generator.state == state
    assert (first.scores == compare(rng=rng, epochs=5).scores).all()


def test_equal_choices_get_equal_scores():
    data = curve(generator(), "sine", 12, 0.05)
    result = cross_validate(hidden_units, data, [2, 2], 3, generator(), SGD(0.3), epochs=3, batch_size=2)
    assert (result.scores[0] == result.scores[1]).all()
    assert result.best == 0


def test_a_fold_is_not_trained_on():
    # Without epochs the score is that of fresh weights on each fold: the folds together are all the data.
    data = curve(generator(), "sine", 12, 0.05)
    result = cross_validate(hidden_units, data, [2], 12, generator(), SGD(0.3), epochs=0, scale=0.0)
    assert result.mean[0] == pytest.approx(np.mean(0.5 * data.d**2), rel=1e-12)


def test_the_simplest_choice_within_one_error():
    from mlpkit.training import CrossValidation

    scores = np.array([[1.1, 1.3], [1.0, 1.4], [5.0, 6.0]])
    assert CrossValidation((1, 2, 3), scores, "loss").simplest == 1


def test_cross_validation_by_accuracy():
    result = cross_validate(
        lambda units: MLP((2, units, 1), sigmoid, sigmoid), xor(), [2], 2, generator(), SGD(0.3), epochs=1, measure="accuracy"
    )  # fmt: skip
    assert ((result.scores >= 0) & (result.scores <= 1)).all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"folds": 1}, "folds must be from 2"),
        ({"folds": 25}, "folds must be from 2"),
        ({"measure": "beauty"}, "measure must be"),
        ({"measure": "accuracy"}, "needs classes"),
        ({"stop": Stop(patience=3)}, "no patience"),
    ],
)
def test_impossible_cross_validations_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        compare(**options)
