using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Relay.Bench.Load;

/// <summary>A self-signed RSA certificate for the servers that bring none of their own.</summary>
internal static class TlsFiles
{
    public static async Task<(string Certificate, string Key)> WriteAsync(string folder)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=relay.example.com", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100));
        var files = (Path.Combine(folder, "tls_cert.pem"), Path.Combine(folder, "tls_key.pem"));
        await File.WriteAllTextAsync(files.Item1, certificate.ExportCertificatePem() + "\n");
        await File.WriteAllTextAsync(files.Item2, key.ExportPkcs8PrivateKeyPem() + "\n");
        return files;
    }
}
