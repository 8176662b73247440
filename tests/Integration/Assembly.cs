using Xunit;

// Real servers need the machine for themselves: one class at a time.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
