using Relay.Senders;

namespace Relay.Tests.Support;

/// <summary>Sealed DKIM keys in memory; thread safe.</summary>
public sealed class MemoryDkimKeyStore : IDkimKeyStore
{
    private readonly List<SealedDkimKey> _keys = [];
    private readonly Lock _gate = new();

    /// <summary>How often <see cref="ListAsync"/> was called.</summary>
    public int Lists { get; private set; }

    public ValueTask AddAsync(IReadOnlyList<SealedDkimKey> keys, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (keys.FirstOrDefault(key => _keys.Any(other => other.Domain == key.Domain && other.Selector == key.Selector)) is { } taken)
            {
                throw new DuplicateEntryException($"{taken.Selector}._domainkey.{taken.Domain} exists already.");
            }

            foreach (var key in keys)
            {
                _keys.Add(key with { Id = _keys.Count + 1 });
            }

            return ValueTask.CompletedTask;
        }
    }

    public ValueTask<IReadOnlyList<SealedDkimKey>> ListAsync(string? domain, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            Lists++;
            return ValueTask.FromResult<IReadOnlyList<SealedDkimKey>>([.. _keys.Where(key => domain is null || key.Domain == domain)]);
        }
    }

    public ValueTask<IReadOnlyList<SealedDkimKey>> PageAsync(string? domain, long after, int limit, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return ValueTask.FromResult<IReadOnlyList<SealedDkimKey>>(
                [.. _keys.Where(key => (domain is null || key.Domain == domain) && key.Id > after).OrderBy(key => key.Id).Take(limit)]);
        }
    }

    public ValueTask<bool> SetStateAsync(long id, DkimKeyState state, DateTimeOffset at, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            var index = _keys.FindIndex(key => key.Id == id);
            if (index < 0)
            {
                return ValueTask.FromResult(false);
            }

            var retiredAt = state is DkimKeyState.Retiring or DkimKeyState.Retired ? at : (DateTimeOffset?)null;
            var activatedAt = state == DkimKeyState.Active && _keys[index].State == DkimKeyState.Pending ? at : _keys[index].ActivatedAt;
            _keys[index] = _keys[index] with { State = state, RetiredAt = retiredAt is null ? null : _keys[index].RetiredAt ?? retiredAt, ActivatedAt = activatedAt };
            return ValueTask.FromResult(true);
        }
    }
}
