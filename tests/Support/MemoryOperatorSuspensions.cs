using Relay.Delivery;

namespace Relay.Tests.Support;

public sealed class MemoryOperatorSuspensions : IOperatorSuspensionStore
{
    private readonly List<OperatorSuspension> _entries = [];
    private long _nextId = 1;

    public ValueTask<IReadOnlyList<OperatorSuspension>> ListAsync(DateTimeOffset now, CancellationToken cancellationToken) =>
        ValueTask.FromResult<IReadOnlyList<OperatorSuspension>>([.. _entries.Where(s => s.IsActive(now))]);

    public ValueTask<OperatorSuspension> AddAsync(OperatorSuspension suspension, CancellationToken cancellationToken)
    {
        var stored = suspension with { Id = _nextId++ };
        _entries.RemoveAll(s => (s.Scope, s.Name) == (stored.Scope, stored.Name) || s.Until <= stored.Since);
        _entries.Add(stored);
        return ValueTask.FromResult(stored);
    }

    public ValueTask<bool> RemoveAsync(long id, CancellationToken cancellationToken) => ValueTask.FromResult(_entries.RemoveAll(s => s.Id == id) > 0);
}
