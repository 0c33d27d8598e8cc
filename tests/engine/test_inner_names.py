"""The layers inside a named layer are known by their places, and those of a model by their names alone."""

from __future__ import annotations

import keras
from keras import layers

from negres_core.engine.inheritance import weight_paths
from negres_core.engine.inner_names import placed_paths


def test_made_up_names_inside_a_named_layer_become_places():
    cells = layers.RNN([layers.LSTMCell(2, name="mine"), layers.GRUCell(2), layers.GRUCell(2)], name="words")
    inside = layers.Bidirectional(layers.LSTM(2), name="both")
    model = keras.Sequential([keras.Input((3, 4)), inside, layers.RepeatVector(3), cells, layers.Dense(2, name="top")])
    assert list(dict.fromkeys(path.rpartition("/")[0] for path in placed_paths(model, weight_paths(model)))) == [
        "both/forward_lstm[0]/lstm_cell[0]",
        "both/backward_lstm[0]/lstm_cell[0]",
        "words/stacked_rnn_cells[0]/mine",
        "words/stacked_rnn_cells[0]/gru_cell[0]",
        "words/stacked_rnn_cells[0]/gru_cell[1]",
        "top",
    ]


def test_layers_of_models_and_of_layers_without_a_name_keep_their_paths():
    nested = keras.Sequential([keras.Input((4,)), layers.Dense(2)], name="nested")
    model = keras.Sequential([keras.Input((4,)), nested, layers.Reshape((2, 1)), layers.LSTM(3)])
    paths = weight_paths(model)
    assert placed_paths(model, paths) == paths
