from otter.test_files import test_case

OK_FORMAT = False

name = "mlp_params"
points = 1

@test_case(points=0, hidden=False)
def test_three_whole_numbers(mlp_params):
    import numpy as np
    assert mlp_params is not None, '`mlp_params` has no value: it is not defined, or it is None'
    assert mlp_params is not ..., '`mlp_params` is still `...`: put your answer in its place'
    try:
        values = mlp_params.values() if isinstance(mlp_params, dict) else mlp_params
        counts = np.asarray(list(values) if isinstance(values, type({}.values())) else values)
        counts = np.array(counts.tolist()) if counts.dtype == object else counts
    except (TypeError, ValueError):
        counts = np.array([])
    found = ' '.join(repr(mlp_params).split())[:80]
    assert counts.size == 3, f'`mlp_params` should be a list of three numbers, one for each Dense layer, found {found}'
    whole = counts.dtype.kind in 'iuf' and (counts % 1 == 0).all() and (counts > 0).all()
    assert whole, f'`mlp_params` should hold whole numbers above 0, found {found}'

@test_case(points=1, hidden=True)
def test_parameters_of_each_dense_layer(mlp_params, expect):
    expect.wholes(mlp_params, [100480, 16512, 1290], 'mlp_params', each='Dense layer')
