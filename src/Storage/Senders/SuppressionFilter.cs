namespace Relay.Storage;

/// <summary>Tells in memory which addresses are surely not on the suppression list, so that ordinary mail asks no database for it.</summary>
/// <remarks>
/// A Bloom filter in blocks of one 256-bit word group: an address touches one cache line and sets eight bits in it. At 16 bits an entry
/// about one in four hundred addresses that are not listed has to be looked up. What was removed stays in until the filter is built
/// anew, which <see cref="IsWorn"/> asks for. The hash differs from process to process, so nobody can choose addresses that collide.
/// Thread safe for one writer; reading takes no lock.
/// </remarks>
internal sealed class SuppressionFilter
{
    public const int MinCapacity = 1 << 17;

    /// <summary>128 MiB; with more entries the filter says more often that it does not know.</summary>
    public const int MaxCapacity = 1 << 26;

    private const int BitsPerEntry = 16;
    private const int WordsPerBlock = 8;

    // Odd multipliers spread one hash over the words of a block.
    private static readonly uint[] Salts =
        [0x47b6137b, 0x44974d91, 0x8824ad5b, 0xa2b7289d, 0x705495c7, 0x2df1424b, 0x9efc4947, 0x5c6bfb31];

    private readonly uint[] _words;
    private readonly uint _blocks;
    private int _added;
    private int _removed;

    public SuppressionFilter(int capacity = MinCapacity)
    {
        Capacity = Math.Clamp(capacity, MinCapacity, MaxCapacity);
        _blocks = (uint)((long)Capacity * BitsPerEntry / (WordsPerBlock * 32));
        _words = new uint[(long)_blocks * WordsPerBlock];
    }

    /// <summary>Entries for which it was made.</summary>
    public int Capacity { get; }

    /// <summary>Entries that were put in; those that were put in twice count twice.</summary>
    public int Added => Volatile.Read(ref _added);

    public long SizeBytes => (long)_words.Length * sizeof(uint);

    /// <summary>Too full, or too much in it that is gone: time for another.</summary>
    public bool IsWorn => (_added > Capacity && Capacity < MaxCapacity) || _removed > Capacity / 4;

    /// <summary>False: certainly not on the list.</summary>
    /// <param name="address">As it is stored.</param>
    public bool MayContain(long accountId, string address)
    {
        var hash = (uint)HashCode.Combine(accountId, address);
        var block = BlockOf(hash);
        for (var i = 0; i < WordsPerBlock; i++)
        {
            if ((Volatile.Read(ref _words[block + i]) & MaskOf(hash, i)) == 0)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>To be called before an entry becomes visible; once too often costs nothing but room.</summary>
    public void Add(long accountId, string address)
    {
        var hash = (uint)HashCode.Combine(accountId, address);
        var block = BlockOf(hash);
        for (var i = 0; i < WordsPerBlock; i++)
        {
            Interlocked.Or(ref _words[block + i], MaskOf(hash, i));
        }

        Interlocked.Increment(ref _added);
    }

    /// <summary>To be called for entries that are gone for good.</summary>
    public void Removed() => Interlocked.Increment(ref _removed);

    private long BlockOf(uint hash) => (long)(((ulong)hash * _blocks) >> 32) * WordsPerBlock;

    // The block takes the high bits of the hash; the bits within it come from all of them, stirred.
    private static uint MaskOf(uint hash, int word) => 1u << (int)((hash * Salts[word]) >> 27);
}
