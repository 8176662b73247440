using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Relay.Senders;

/// <summary>SCRAM-SHA-256 StoredKey and ServerKey with salt and iterations (RFC 5802 §3, RFC 7677); PLAIN and LOGIN verify against it too.</summary>
/// <remarks>
/// Text form: <c>SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey</c>, binary parts in base64, as PostgreSQL keeps them.
/// Passwords are prepared by RFC 4013 first.
/// </remarks>
public sealed record ScramVerifier
{
    /// <summary>
    /// RFC 7677 §4 asks for at least 4096. 20,000 cost a few milliseconds of CPU, three to five times what PostgreSQL spends
    /// (4096): enough to make guessing from a stolen database slow, little enough that a flood of logins cannot stop
    /// the server. Each verifier carries its own number, so this one may grow.
    /// </summary>
    public const int DefaultIterations = 20_000;

    private const int MinIterations = 4096;
    private const int MaxIterations = 10_000_000;
    private const int SaltLength = 16;
    private const int KeyLength = 32;
    private const int MaxPasswordLength = 1024;
    private const string Mechanism = "SCRAM-SHA-256";

    private readonly byte[] _salt;
    private readonly byte[] _storedKey;
    private readonly byte[] _serverKey;

    private ScramVerifier(int iterations, byte[] salt, byte[] storedKey, byte[] serverKey)
    {
        Iterations = iterations;
        _salt = salt;
        _storedKey = storedKey;
        _serverKey = serverKey;
    }

    public int Iterations { get; }

    public ReadOnlyMemory<byte> Salt => _salt;

    public ReadOnlyMemory<byte> StoredKey => _storedKey;

    public ReadOnlyMemory<byte> ServerKey => _serverKey;

    /// <summary>One that nobody can prove, for a login that does not exist: the same salt and iterations for the same name.</summary>
    internal static ScramVerifier Invent(string name, byte[] key)
    {
        var octets = HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(name));
        return new ScramVerifier(DefaultIterations, octets[..SaltLength], RandomNumberGenerator.GetBytes(KeyLength), RandomNumberGenerator.GetBytes(KeyLength));
    }

    /// <exception cref="ArgumentException">The password is empty, longer than 1024 characters, or holds prohibited characters.</exception>
    public static ScramVerifier Create(string password)
    {
        var salt = RandomNumberGenerator.GetBytes(SaltLength);
        return FromPassword(password, salt, DefaultIterations);
    }

    /// <exception cref="FormatException">The text is no verifier.</exception>
    public static ScramVerifier Parse(string text) =>
        TryParse(text, out var verifier) ? verifier : throw new FormatException("The text is not a SCRAM-SHA-256 verifier.");

    public static bool TryParse(string text, [NotNullWhen(true)] out ScramVerifier? verifier)
    {
        verifier = null;
        var parts = text.Split('$', ':');
        if (parts.Length != 5 || text.IndexOf('$', StringComparison.Ordinal) != Mechanism.Length || parts[0] != Mechanism
            || !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var iterations)
            || iterations is < MinIterations or > MaxIterations
            || !TryReadBase64(parts[2], out var salt) || salt.Length == 0
            || !TryReadBase64(parts[3], out var storedKey) || storedKey.Length != KeyLength
            || !TryReadBase64(parts[4], out var serverKey) || serverKey.Length != KeyLength)
        {
            return false;
        }

        verifier = new ScramVerifier(iterations, salt, storedKey, serverKey);
        return true;
    }

    /// <summary>Constant time; a few milliseconds of CPU, never on an I/O thread.</summary>
    public bool Verify(string password)
    {
        // A password that cannot be prepared costs the same as a wrong one.
        var usable = TryPrepare(password, out var prepared);
        var (storedKey, _) = Derive(prepared, _salt, Iterations);
        return CryptographicOperations.FixedTimeEquals(storedKey, _storedKey) & usable;
    }

    public bool Equals(ScramVerifier? other) => other is not null && ToString() == other.ToString();

    public override int GetHashCode() => ToString().GetHashCode(StringComparison.Ordinal);

    /// <summary>The text form; a secret, never to be logged.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Mechanism}${Iterations}:{Convert.ToBase64String(_salt)}${Convert.ToBase64String(_storedKey)}:{Convert.ToBase64String(_serverKey)}");

    internal static ScramVerifier FromPassword(string password, byte[] salt, int iterations)
    {
        if (!TryPrepare(password, out var prepared))
        {
            throw new ArgumentException("A password has 1 to 1024 characters and no control or unassigned characters.", nameof(password));
        }

        var (storedKey, serverKey) = Derive(prepared, salt, iterations);
        return new ScramVerifier(iterations, salt, storedKey, serverKey);
    }

    private static bool TryPrepare(string password, out string prepared)
    {
        prepared = string.Empty;
        return password.Length <= MaxPasswordLength && SaslPrep.TryPrepare(password, out prepared);
    }

    private static (byte[] StoredKey, byte[] ServerKey) Derive(string prepared, byte[] salt, int iterations)
    {
        var salted = Rfc2898DeriveBytes.Pbkdf2(Encoding.UTF8.GetBytes(prepared), salt, iterations, HashAlgorithmName.SHA256, KeyLength);
        var storedKey = SHA256.HashData(HMACSHA256.HashData(salted, "Client Key"u8));
        return (storedKey, HMACSHA256.HashData(salted, "Server Key"u8));
    }

    private static bool TryReadBase64(string text, out byte[] octets)
    {
        var buffer = new byte[text.Length];
        var valid = Convert.TryFromBase64String(text, buffer, out var length);
        octets = valid ? buffer[..length] : [];
        return valid;
    }
}
