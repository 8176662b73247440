using Xunit;

// Most of a test's time is waiting for processes: a few run beside each other. More would make the real servers wait for the machine.
[assembly: CollectionBehavior(MaxParallelThreads = 4)]
