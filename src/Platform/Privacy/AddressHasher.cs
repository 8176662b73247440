using System.Security.Cryptography;
using System.Text;
using Relay.Mail;
using Relay.Queue;
using Relay.Senders;

namespace Relay.Platform.Privacy;

/// <summary>Names for addresses that must not be kept: hashes under a key of the key ring, so that nobody without it can try addresses out.</summary>
/// <remarks>After a rotation of the key ring an address gets another name; entries under older names are still found.</remarks>
public sealed class AddressHasher(KeyRing keyRing)
{
    /// <summary>Domain of all such names; a reserved one, so that none is ever an address.</summary>
    public const string Domain = "erased.invalid";

    internal const string Prefix = "erased-";

    private const string Purpose = "privacy";
    private const int HashOctets = 16;
    private const int ShortDigits = 8;

    /// <summary>32 hexadecimal digits, for receipts and the audit trail.</summary>
    public string Hash(Mailbox address) => Hash(address, keyRing.CurrentKeyId);

    /// <summary>What stands in the place of the address: short, the same for the same address.</summary>
    public string Pseudonym(Mailbox address) => $"{Prefix}{Hash(address)[..ShortDigits]}@{Domain}";

    /// <summary>The form in which the suppression list keeps it; long enough that no two addresses share one.</summary>
    public Mailbox SuppressionName(Mailbox address) => SuppressionName(address, keyRing.CurrentKeyId);

    /// <summary>All forms in which the suppression list may hold it, one for each key of the ring.</summary>
    public IEnumerable<Mailbox> SuppressionNames(Mailbox address) => keyRing.KeyIds.Select(id => SuppressionName(address, id));

    internal string Seal(string address) => Convert.ToBase64String(keyRing.Seal(Encoding.UTF8.GetBytes(address), Purpose));

    /// <exception cref="CryptographicException">The key ring lacks the key it was sealed with.</exception>
    internal string Open(string sealedAddress) => Encoding.UTF8.GetString(keyRing.Open(Convert.FromBase64String(sealedAddress), Purpose));

    private Mailbox SuppressionName(Mailbox address, int keyId) => Mailbox.Parse($"{Prefix}{Hash(address, keyId)}@{Domain}");

    private string Hash(Mailbox address, int keyId) => Convert.ToHexStringLower(
        HMACSHA256.HashData(keyRing.Derive(keyId, Purpose)!, Encoding.UTF8.GetBytes(SuppressionKey.Of(address))).AsSpan(0, HashOctets));
}
