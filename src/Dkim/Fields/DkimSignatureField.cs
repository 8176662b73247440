using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Relay.Dkim;

/// <summary>A DKIM-Signature field, parsed and checked as far as it can be without key and message (RFC 6376 §3.5, §6.1.1).</summary>
internal sealed class DkimSignatureField
{
    public const string Name = "DKIM-Signature";

    private const int MaxSignedNames = 1000;
    private const int MaxTimestampDigits = 12;

    private DkimSignatureField()
    {
    }

    public required string AlgorithmName { get; init; }

    public required DkimAlgorithm Algorithm { get; init; }

    /// <summary>d=, lower-case A-label.</summary>
    public required string Domain { get; init; }

    /// <summary>s=, lower case.</summary>
    public required string Selector { get; init; }

    /// <summary>i=, or <c>@d</c>.</summary>
    public required string Identity { get; init; }

    /// <summary>The domain of i=, lower-case A-label.</summary>
    public required string IdentityDomain { get; init; }

    /// <summary>h= in order, as written.</summary>
    public required string[] SignedNames { get; init; }

    public required byte[] BodyHash { get; init; }

    public required byte[] Signature { get; init; }

    /// <summary>Where in the field (counted from its first octet) the value of b= stands, white space included.</summary>
    public required Range SignatureRange { get; init; }

    public required DkimCanonicalization HeaderForm { get; init; }

    public required DkimCanonicalization BodyForm { get; init; }

    /// <summary>l=, canonical octets of the body that are signed; null means all.</summary>
    public long? BodyLength { get; init; }

    /// <summary>t=, seconds since 1970.</summary>
    public long? SignedAt { get; init; }

    /// <summary>x=, seconds since 1970.</summary>
    public long? ExpiresAt { get; init; }

    public string KeyName => $"{Selector}._domainkey.{Domain}";

    /// <param name="raw">The whole field; a final CRLF may be there.</param>
    /// <param name="fault">When false is returned: what is wrong, as a result to report.</param>
    public static bool TryParse(ReadOnlySpan<byte> raw, [NotNullWhen(true)] out DkimSignatureField? field, [NotNullWhen(false)] out DkimResult? fault)
    {
        field = null;
        fault = null;
        if (raw.EndsWith("\r\n"u8))
        {
            raw = raw[..^2];
        }

        var valueStart = raw.IndexOf((byte)':') + 1;
        if (!TagList.TryParse(raw[valueStart..], out var tags, out var listFault))
        {
            fault = DkimResult.Of(DkimOutcome.PermError, listFault);
            return false;
        }

        try
        {
            field = Read(tags, valueStart);
            return true;
        }
        catch (DkimFieldException e)
        {
            fault = DkimResult.Of(e.Outcome, e.Message) with
            {
                Domain = tags.Compact("d"),
                Selector = tags.Compact("s"),
                Algorithm = tags.Compact("a"),
            };
            return false;
        }
    }

    private static DkimSignatureField Read(TagList tags, int valueStart)
    {
        Require(Needed(tags, "v") == "1", "v= is not 1");
        var algorithmName = Needed(tags, "a");
        var domain = ReadName(tags, "d");
        var identity = tags.Compact("i") ?? "@" + domain;
        var (headerForm, bodyForm) = ReadForms(tags.Compact("c"));
        var field = new DkimSignatureField
        {
            AlgorithmName = algorithmName,
            Algorithm = ReadAlgorithm(algorithmName),
            Domain = domain,
            Selector = ReadName(tags, "s"),
            Identity = identity,
            IdentityDomain = ReadIdentityDomain(identity),
            SignedNames = ReadSignedNames(tags),
            BodyHash = ReadBase64(tags, "bh"),
            Signature = ReadBase64(tags, "b"),
            SignatureRange = Shift(tags.RangeOf("b"), valueStart),
            HeaderForm = headerForm,
            BodyForm = bodyForm,
            BodyLength = ReadNumber(tags, "l", maxDigits: 76),
            SignedAt = ReadNumber(tags, "t", MaxTimestampDigits),
            ExpiresAt = ReadNumber(tags, "x", MaxTimestampDigits),
        };
        Require(DnsNameText.IsWithin(field.IdentityDomain, domain), "i= is not within d=");
        Require(field.ExpiresAt is null || field.SignedAt is null || field.ExpiresAt > field.SignedAt, "x= is not after t=");
        Require(tags.Items("q")?.Contains("dns/txt") ?? true, "q= names no known query method", DkimOutcome.Neutral);
        return field;
    }

    private static string Needed(TagList tags, string name)
    {
        var value = tags.Compact(name);
        Require(value is not null, $"{name}= is missing");
        Require(value.Length > 0, $"{name}= is empty");
        return value;
    }

    // RFC 8301 §3.1: rsa-sha1 must not be verified any more.
    private static DkimAlgorithm ReadAlgorithm(string name)
    {
        Require(name != "rsa-sha1", "rsa-sha1 is no longer accepted (RFC 8301)");
        return name switch
        {
            "rsa-sha256" => DkimAlgorithm.RsaSha256,
            "ed25519-sha256" => DkimAlgorithm.Ed25519Sha256,
            _ => throw new DkimFieldException(DkimOutcome.Neutral, "a= names no known algorithm"),
        };
    }

    private static string ReadName(TagList tags, string tag)
    {
        Require(DnsNameText.TryNormalize(Needed(tags, tag), out var name), $"{tag}= is not a domain name");
        return name;
    }

    private static string ReadIdentityDomain(string identity)
    {
        var at = identity.LastIndexOf('@');
        Require(at >= 0 && DnsNameText.TryNormalize(identity[(at + 1)..], out _), "i= is not an identity");
        _ = DnsNameText.TryNormalize(identity[(at + 1)..], out var name);
        return name;
    }

    private static string[] ReadSignedNames(TagList tags)
    {
        _ = Needed(tags, "h");
        var names = tags.Items("h")!;
        Require(names.Length <= MaxSignedNames, "h= is too long");
        Require(names.All(IsFieldName), "h= has a malformed field name");
        Require(names.Contains("From", StringComparer.OrdinalIgnoreCase), "From is not signed");
        return names;
    }

    private static bool IsFieldName(string name) => name.Length > 0 && name.All(c => c is > ' ' and < '\x7f');

    private static (DkimCanonicalization Header, DkimCanonicalization Body) ReadForms(string? text)
    {
        if (text is null)
        {
            return (DkimCanonicalization.Simple, DkimCanonicalization.Simple);
        }

        var slash = text.IndexOf('/', StringComparison.Ordinal);
        return slash < 0
            ? (ReadForm(text), DkimCanonicalization.Simple)
            : (ReadForm(text[..slash]), ReadForm(text[(slash + 1)..]));
    }

    private static DkimCanonicalization ReadForm(string text) => text switch
    {
        "simple" => DkimCanonicalization.Simple,
        "relaxed" => DkimCanonicalization.Relaxed,
        _ => throw new DkimFieldException(DkimOutcome.PermError, "c= names no known canonicalization"),
    };

    private static byte[] ReadBase64(TagList tags, string tag)
    {
        var text = Needed(tags, tag);
        var octets = new byte[text.Length];
        Require(Convert.TryFromBase64String(text, octets, out var length), $"{tag}= is not base64");
        return octets[..length];
    }

    private static long? ReadNumber(TagList tags, string tag, int maxDigits)
    {
        if (tags.Compact(tag) is not { } text)
        {
            return null;
        }

        Require(text.Length > 0 && text.Length <= maxDigits && text.All(char.IsAsciiDigit), $"{tag}= is not a number");

        // More octets or seconds than fit 63 bits exceed any message and any clock alike.
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : long.MaxValue;
    }

    private static Range Shift(Range range, int by) => (range.Start.Value + by)..(range.End.Value + by);

    private static void Require([DoesNotReturnIf(false)] bool condition, string fault, DkimOutcome outcome = DkimOutcome.PermError)
    {
        if (!condition)
        {
            throw new DkimFieldException(outcome, fault);
        }
    }

    /// <summary>Carries the first fault out of the readers above; never leaves <see cref="TryParse"/>.</summary>
    private sealed class DkimFieldException(DkimOutcome outcome, string message) : Exception(message)
    {
        public DkimOutcome Outcome { get; } = outcome;
    }
}
