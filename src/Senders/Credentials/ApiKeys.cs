using System.Security.Cryptography;
using System.Text;

namespace Relay.Senders;

/// <summary>The secrets of API keys and admin tokens: random enough that one SHA-256 is all the hashing they need.</summary>
public static class ApiKeys
{
    /// <summary>Prefix of API keys, by which people and secret scanners know them.</summary>
    public const string Prefix = "rk_";

    /// <summary>Prefix of admin tokens.</summary>
    public const string AdminPrefix = "rt_";

    // Prefix and four letters: enough to tell keys apart, 24 of 190 bits.
    private const int HintLength = 7;

    // 32 letters of 62 are 190 bits.
    private const int RandomLength = 32;
    private const string Base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    /// <summary>A new API key in clear; shown once, only <see cref="Hash"/> of it is kept.</summary>
    public static string Generate() => Prefix + RandomNumberGenerator.GetString(Base62, RandomLength);

    /// <summary>A new admin token in clear.</summary>
    public static string GenerateAdminToken() => AdminPrefix + RandomNumberGenerator.GetString(Base62, RandomLength);

    /// <summary>What of a key may be shown later.</summary>
    public static string HintOf(string clearText) => clearText[..Math.Min(HintLength, clearText.Length)];

    /// <summary>Lower-case hex SHA-256, the form <see cref="Credential.Verifier"/> keeps.</summary>
    public static string Hash(string secret) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));
}
