"""A lit test format: models, each run on each of several backends.

A module of its own, not part of a lit configuration, because lit's workers
import it.
"""

import subprocess

import lit.formats
import lit.Test

TIMEOUT = 900  # seconds


class Backend:
    """Flags of `lathe run` and the features that they need."""

    def __init__(self, flags, *features):
        self.flags = flags
        self.features = list(features)


class Model:
    """A model with its input and expected output, and the backends to try.

    `tolerance`, where it is set, takes the place of the format's: the flags of
    `lathe run` that say how far the output may lie from the expected one.
    """

    tolerance = None
    # Further flags of `lathe run`: what the model leaves open.
    flags = []

    def __init__(self, path, inputs, expected, backends, *features):
        self.path, self.inputs, self.expected = path, inputs, expected
        self.backends = backends
        self.features = list(features)


class ModelFormat(lit.formats.ShTest):
    """One test per model and backend, called MODEL/BACKEND."""

    def __init__(self, models, backends):
        super().__init__()
        self.models = models
        self.backends = backends
        self.tolerance = ["--rtol=1e-3", "--atol=1e-5"]

    def getTestsInDirectory(self, suite, path_in_suite, litConfig, localConfig):
        for name, model in self.models.items():
            for backend in model.backends:
                path = path_in_suite + (*name.split("/"), backend)
                test = lit.Test.Test(suite, path, localConfig)
                test.model = name
                test.requires = model.features + self.backends[backend].features
                yield test

    def execute(self, test, litConfig):
        missing = test.getMissingRequiredFeatures()
        if missing:
            reason = "Missing required feature(s): " + ", ".join(missing)
            return lit.Test.Result(lit.Test.UNSUPPORTED, reason)
        backend = test.path_in_suite[-1]
        model = self.models[test.model]
        command = ["lathe", "run", model.path, "--input", model.inputs]
        command += ["--compare", model.expected, *(model.tolerance or self.tolerance)]
        command += model.flags + self.backends[backend].flags
        try:
            done = subprocess.run(
                command,
                env=test.config.environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=TIMEOUT,
                errors="replace",
            )
        except subprocess.TimeoutExpired:
            return lit.Test.TIMEOUT, f"$ {' '.join(command)}\n"
        output = f"$ {' '.join(command)}\n{done.stdout}"
        # A comparison of nothing would pass too.
        passed = done.returncode == 0 and ": " in done.stdout
        return (lit.Test.PASS if passed else lit.Test.FAIL), output
