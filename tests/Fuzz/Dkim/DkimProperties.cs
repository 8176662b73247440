using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using FsCheck;
using FsCheck.Fluent;
using Relay.Dkim;
using Xunit;

namespace Relay.Tests.Fuzz;

public sealed class DkimProperties
{
    private static readonly DkimKey Key = DkimKeyGenerator.Generate("example.com", "e1", DkimAlgorithm.Ed25519Sha256).Key;

    private static readonly Arbitrary<string> Bodies =
        Gen.Elements("\r\n", "\r\n", "\r", "\n", " ", " ", "\t", "a", "word", "\u00e9", "long text of several words").ListOf()
            .Select(string.Concat).ToArbitrary();

    private static readonly Arbitrary<string> Fields =
        Gen.Elements(" ", "\t", "\r\n ", "\r\n\t", "a", "B", ":", "  ", "\u00e9", ";").ListOf()
            .Select(parts => "Sub" + (parts.Count % 2 == 0 ? string.Empty : " ") + ":" + string.Concat(parts) + "\r\n").ToArbitrary();

    [Fact]
    public void The_body_hash_does_not_depend_on_the_cut_of_the_input()
    {
        var pieces = Gen.Choose(1, 7).ListOf().ToArbitrary();
        Prop.ForAll(Bodies, pieces, (body, lengths) =>
            HashInPieces(DkimCanonicalization.Relaxed, body, [.. lengths]) == HashInPieces(DkimCanonicalization.Relaxed, body, [])
            && HashInPieces(DkimCanonicalization.Simple, body, [.. lengths]) == HashInPieces(DkimCanonicalization.Simple, body, []))
            .QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Body_forms_equal_the_slow_obvious_ones() =>
        Prop.ForAll(Bodies, body =>
            HashInPieces(DkimCanonicalization.Relaxed, body, []) == Hash(SlowRelaxedBody(body))
            && HashInPieces(DkimCanonicalization.Simple, body, []) == Hash(SlowSimpleBody(body))).QuickCheckThrowOnFailure();

    [Fact]
    public void The_relaxed_header_form_equals_the_slow_obvious_one() =>
        Prop.ForAll(Fields, field =>
        {
            var octets = Encoding.Latin1.GetBytes(field);
            var destination = new byte[HeaderCanonicalizer.MaxLength(octets.Length)];
            var length = HeaderCanonicalizer.WriteRelaxed(octets, destination);
            return Encoding.Latin1.GetString(destination, 0, length) == SlowRelaxedHeader(field);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void What_was_signed_verifies() =>
        Prop.ForAll(Fields, Fields, Bodies, (first, second, body) =>
        {
            var headers = Encoding.Latin1.GetBytes("From: joe@example.com\r\n" + first.Replace("Sub", "Subject", StringComparison.Ordinal)
                + second.Replace("Sub", "To", StringComparison.Ordinal));
            var octets = Encoding.Latin1.GetBytes(body);
            byte[] signed = [.. new DkimSigner().Sign(headers, octets, [Key], DateTimeOffset.UnixEpoch), .. headers];
            return Verify(signed, octets) is [{ Outcome: DkimOutcome.Pass }];
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Garbage_never_passes_and_never_throws()
    {
        var lists = Gen.Elements("v=1", "a=", "ed25519-sha256", ";", ";", " ", "\r\n ", "b=", "AAAA", "bh=", "h=from", "d=example.com", "s=e1", "l=99",
            "c=", "/", "x=", "i=@", "=", "\0", "\u00e9", "\r", "t=1").ListOf().Select(string.Concat).ToArbitrary();
        Prop.ForAll(lists, list =>
        {
            var results = Verify(Encoding.Latin1.GetBytes($"From: joe@example.com\r\nDKIM-Signature:{list}\r\n"), [1]);
            return results.Count == 1 && results[0].Outcome != DkimOutcome.Pass;
        }).QuickCheckThrowOnFailure();
        Prop.ForAll(lists, list => !DkimKeyRecord.TryParse(list, out var record, out _) || record.KeyType is not null).QuickCheckThrowOnFailure();
    }

    private static IReadOnlyList<DkimResult> Verify(byte[] headers, byte[] body) =>
        new DkimVerifier(new OneKey(), TimeProvider.System).VerifyAsync(headers, new MemoryStream(body), CancellationToken.None)
            .AsTask().GetAwaiter().GetResult();

    private static string HashInPieces(DkimCanonicalization form, string body, int[] lengths)
    {
        using var canonicalizer = new BodyCanonicalizer(form);
        ReadOnlySpan<byte> rest = Encoding.Latin1.GetBytes(body);
        for (var i = 0; lengths.Length > 0 && !rest.IsEmpty; i = (i + 1) % lengths.Length)
        {
            var length = Math.Min(lengths[i], rest.Length);
            canonicalizer.Append(rest[..length]);
            rest = rest[length..];
        }

        canonicalizer.Append(rest);
        var hash = new byte[SHA256.HashSizeInBytes];
        canonicalizer.Finish(hash);
        return Convert.ToHexString(hash);
    }

    private static string Hash(string canonical) => Convert.ToHexString(SHA256.HashData(Encoding.Latin1.GetBytes(canonical)));

    // RFC 6376 §3.4.4, step by step.
    private static string SlowRelaxedBody(string body)
    {
        var lines = body.Split("\r\n").Select(line => Regex.Replace(line.TrimEnd(' ', '\t'), "[ \t]+", " ")).ToList();
        while (lines.Count > 0 && lines[^1].Length == 0)
        {
            lines.RemoveAt(lines.Count - 1);
        }

        return string.Concat(lines.Select(line => line + "\r\n"));
    }

    // RFC 6376 §3.4.3.
    private static string SlowSimpleBody(string body)
    {
        while (body.EndsWith("\r\n", StringComparison.Ordinal))
        {
            body = body[..^2];
        }

        return body + "\r\n";
    }

    // RFC 6376 §3.4.2, step by step.
    private static string SlowRelaxedHeader(string field)
    {
        var colon = field.IndexOf(':', StringComparison.Ordinal);
        var value = Regex.Replace(field[(colon + 1)..].Replace("\r\n", string.Empty, StringComparison.Ordinal), "[ \t]+", " ").Trim(' ');
        return field[..colon].TrimEnd(' ', '\t').ToLowerInvariant() + ":" + value + "\r\n";
    }

    private sealed class OneKey : IDkimKeyLookup
    {
        public ValueTask<DkimKeyAnswer> LookupAsync(string name, CancellationToken cancellationToken) =>
            ValueTask.FromResult(DkimKeyAnswer.Found([Key.PublicRecord]));
    }
}
