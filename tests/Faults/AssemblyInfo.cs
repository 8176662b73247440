using Xunit;

// Faults are made with load, signals and tracers: one class at a time, or the tests disturb each other.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
