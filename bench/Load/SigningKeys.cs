using System.Security.Cryptography;

namespace Relay.Bench.Load;

/// <summary>The same keys for all servers of one run of the program.</summary>
internal static class SigningKeys
{
    // RFC 8410 §7: PKCS #8 around the 32 octets of an Ed25519 key.
    private static readonly byte[] Ed25519Header = Convert.FromHexString("302e020100300506032b657004220420");

    public static string WriteRsa(string folder) => Write(folder, "rsa.pem", static () =>
    {
        using var rsa = RSA.Create(2048);
        return rsa.ExportPkcs8PrivateKeyPem();
    });

    public static string WriteEd25519(string folder) => Write(folder, "ed25519.pem", static () =>
        PemEncoding.WriteString("PRIVATE KEY", [.. Ed25519Header, .. RandomNumberGenerator.GetBytes(32)]));

    private static string Write(string folder, string name, Func<string> make)
    {
        var file = Path.Combine(folder, name);
        if (!File.Exists(file))
        {
            File.WriteAllText(file, make() + "\n");
        }

        return file;
    }
}
