from otter.test_files import test_case

OK_FORMAT = False

name = "balance"
points = 1

@test_case(points=0, hidden=False)
def test_ten_counts_for_each_set(train_counts, test_counts):
    import numpy as np
    for name, answer in [('train_counts', train_counts), ('test_counts', test_counts)]:
        assert answer is not None, f'`{name}` has no value: it is not defined, or it is None'
        assert answer is not ..., f'`{name}` is still `...`: put your answer in its place'
        try:
            values = answer.values() if isinstance(answer, dict) else answer
            counts = np.asarray(list(values) if isinstance(values, type({}.values())) else values)
            counts = np.array(counts.tolist()) if counts.dtype == object else counts
        except (TypeError, ValueError):
            counts = np.array([])
        found = ' '.join(repr(answer).split())[:80]
        assert counts.size == 10, f'`{name}` should be a list of ten numbers, one for each digit, found {found}'
        whole = counts.dtype.kind in 'iuf' and (counts % 1 == 0).all()
        assert whole, f'`{name}` should hold numbers of images, which are whole, found {found}'

@test_case(points=0, hidden=False)
def test_imbalance_is_a_ratio(imbalance):
    import numpy as np
    assert imbalance is not None, '`imbalance` has no value: it is not defined, or it is None'
    assert imbalance is not ..., '`imbalance` is still `...`: put your answer in its place'
    try:
        number = np.asarray(imbalance)
    except (TypeError, ValueError):
        number = np.array([])
    found = ' '.join(repr(imbalance).split())[:80]
    assert number.size == 1 and number.dtype.kind in 'iuf', f'`imbalance` should be one number, found {found}'
    ratio = number.item()
    assert ratio >= 1, f'`imbalance` (the largest over the smallest) should be at least 1, found {ratio:g}'

@test_case(points=0.375, hidden=True)
def test_train_counts(train_counts, expect, reference):
    import numpy as np
    counts = np.bincount(reference.y_train, minlength=10)
    expect.wholes(train_counts, counts.tolist(), 'train_counts', each='class')

@test_case(points=0.375, hidden=True)
def test_test_counts(test_counts, expect, reference):
    import numpy as np
    counts = np.bincount(reference.y_test, minlength=10)
    expect.wholes(test_counts, counts.tolist(), 'test_counts', each='class')

@test_case(points=0.25, hidden=True)
def test_imbalance_of_the_training_set(imbalance, expect, reference):
    import numpy as np
    counts = np.bincount(reference.y_train, minlength=10)
    expect.number(imbalance, counts.max() / counts.min(), 'imbalance', rel=0.005)
