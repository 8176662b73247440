using System.Security.Cryptography;
using System.Text;

namespace Relay.Senders;

/// <summary>Remembers which login succeeded from which network, and for a short time with which password.</summary>
/// <remarks>
/// Passwords are kept as HMAC under a key of this process. An entry is only believed together with the verifier text it was made
/// against, so a changed password ends it at once.
/// </remarks>
internal sealed class VerifiedPasswords(TimeProvider timeProvider, CredentialCheckOptions options)
{
    private readonly byte[] _key = RandomNumberGenerator.GetBytes(32);
    private readonly BoundedTable<Entry> _entries = new(options.MaxTableEntries);
    private readonly BoundedTable<DateTimeOffset> _networks = new(options.MaxTableEntries);

    public bool IsKnownNetwork(string pair) =>
        _networks.TryGet(pair, out var at) && timeProvider.GetUtcNow() - at < options.RememberNetworkFor;

    /// <summary>The login succeeded from there, by whatever mechanism.</summary>
    public void RememberNetwork(string pair)
    {
        var now = timeProvider.GetUtcNow();
        _networks.Set(pair, now, now);
    }

    public bool IsRemembered(string pair, string password, string verifier) =>
        _entries.TryGet(pair, out var entry)
        && Age(entry) < options.RememberPasswordFor
        && entry.Verifier == verifier
        && CryptographicOperations.FixedTimeEquals(entry.PasswordMac, Mac(password));

    public void Remember(string pair, string password, string verifier)
    {
        var now = timeProvider.GetUtcNow();
        _entries.Set(pair, new Entry(Mac(password), verifier, now), now);
        RememberNetwork(pair);
    }

    private TimeSpan Age(Entry entry) => timeProvider.GetUtcNow() - entry.VerifiedAt;

    private byte[] Mac(string password) => HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes(password));

    private sealed record Entry(byte[] PasswordMac, string Verifier, DateTimeOffset VerifiedAt);
}
