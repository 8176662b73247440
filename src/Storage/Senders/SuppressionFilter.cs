namespace Relay.Storage;

/// <summary>Tells in memory which addresses are surely not on the suppression list, so that ordinary mail asks no database for it.</summary>
/// <remarks>
/// A counting filter: each entry counts in the one slot that its hash names, so an empty slot is a proof and a filled one only a reason
/// to ask. The memory is fixed however long the list grows: a million entries fill a fifth of the slots. The hash differs from process
/// to process, so nobody can choose addresses that collide. Thread safe; reading takes no lock.
/// </remarks>
internal sealed class SuppressionFilter
{
    private const int Slots = 1 << 22;

    private readonly Lock _gate = new();
    private readonly byte[] _counts = new byte[Slots];

    /// <summary>False: certainly not on the list.</summary>
    /// <param name="address">As it is stored.</param>
    public bool MayContain(long accountId, string address) => Volatile.Read(ref _counts[SlotOf(accountId, address)]) > 0;

    /// <summary>To be called before an entry becomes visible; once too often only costs a look into the database.</summary>
    public void Add(long accountId, string address)
    {
        lock (_gate)
        {
            ref var count = ref _counts[SlotOf(accountId, address)];
            if (count < byte.MaxValue)
            {
                Volatile.Write(ref count, (byte)(count + 1));
            }
        }
    }

    /// <summary>To be called once for an entry that was added, after it is gone for good.</summary>
    public void Remove(long accountId, string address)
    {
        lock (_gate)
        {
            ref var count = ref _counts[SlotOf(accountId, address)];

            // A full slot has lost count and stays.
            if (count is > 0 and < byte.MaxValue)
            {
                Volatile.Write(ref count, (byte)(count - 1));
            }
        }
    }

    private static int SlotOf(long accountId, string address) => HashCode.Combine(accountId, address) & (Slots - 1);
}
