using MimeKit;
using MimeKit.Cryptography;
using Org.BouncyCastle.Crypto;

namespace Relay.Tests.Integration;

/// <summary>MimeKit's verifier over keys that were published.</summary>
/// <param name="records">Texts of the keys by name.</param>
internal sealed class MimeKitJudge(IReadOnlyDictionary<string, string> records)
{
    /// <summary>Selector, algorithm and verdict of each signature by the domain.</summary>
    public async Task<IReadOnlyList<(string Selector, string Algorithm, bool Passes)>> JudgeAsync(byte[] content, string domain)
    {
        using var stream = new MemoryStream(content);
        var message = await MimeMessage.LoadAsync(stream);
        var verifier = new DkimVerifier(new PublishedKeys(records)) { MinimumRsaKeyLength = 2048 };
        verifier.Enable(DkimSignatureAlgorithm.Ed25519Sha256);
        var verdicts = new List<(string, string, bool)>();
        foreach (var field in message.Headers.Where(field => field.Id == HeaderId.DkimSignature && Tag(field, "d") == domain))
        {
            verdicts.Add((Tag(field, "s"), Tag(field, "a"), await verifier.VerifyAsync(message, field)));
        }

        return verdicts;
    }

    /// <summary>Whether MimeKit writes this message as it read it.</summary>
    public static async Task<bool> KeepsAsync(byte[] content)
    {
        var format = FormatOptions.Default.Clone();
        format.NewLineFormat = NewLineFormat.Dos;
        using var stream = new MemoryStream(content);
        var message = await MimeMessage.LoadAsync(stream);
        using var written = new MemoryStream();
        await message.WriteToAsync(format, written);
        return written.ToArray().AsSpan().SequenceEqual(content);
    }

    private static string Tag(Header field, string name) =>
        field.Value.Split(';').Select(tag => tag.Trim().Split('=', 2)).FirstOrDefault(tag => tag[0].Trim() == name)?[1].Trim() ?? "";

    private sealed class PublishedKeys(IReadOnlyDictionary<string, string> records) : DkimPublicKeyLocatorBase
    {
        public override AsymmetricKeyParameter LocatePublicKey(string methods, string domain, string selector, CancellationToken cancellationToken = default) =>
            GetPublicKey(records[$"{selector}._domainkey.{domain}"]);

        public override Task<AsymmetricKeyParameter> LocatePublicKeyAsync(string methods, string domain, string selector, CancellationToken cancellationToken = default) =>
            Task.FromResult(LocatePublicKey(methods, domain, selector, cancellationToken));
    }
}
