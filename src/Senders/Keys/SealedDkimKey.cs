using Relay.Dkim;

namespace Relay.Senders;

/// <summary>A DKIM private key at rest: sealed by the key ring, with its place in the life cycle.</summary>
public sealed record SealedDkimKey
{
    public long Id { get; init; }

    public long AccountId { get; init; } = 1;

    /// <summary>A-label.</summary>
    public required string Domain { get; init; }

    public required string Selector { get; init; }

    public required DkimAlgorithm Algorithm { get; init; }

    public required DkimKeyState State { get; init; }

    /// <summary>AES-GCM sealed PKCS#8 (see <see cref="KeyRing"/>).</summary>
    public required ReadOnlyMemory<byte> SealedPrivateKey { get; init; }

    /// <summary>The TXT record to publish.</summary>
    public required string PublicRecord { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>
    /// An operator's own: signs from when its record is seen in DNS, or at once by his word, and only he retires it. False for keys that others activate and retire,
    /// as those of the accounts' domains.
    /// </summary>
    public bool ActivatesOnSight { get; init; }

    /// <summary>When it came from pending to active; null for keys that were active from the beginning.</summary>
    public DateTimeOffset? ActivatedAt { get; init; }

    public DateTimeOffset? RetiredAt { get; init; }
}
