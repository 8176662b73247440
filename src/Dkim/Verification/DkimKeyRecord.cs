using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Relay.Dkim;

/// <summary>A key record as published in DNS (RFC 6376 §3.6.1, RFC 8463 §3).</summary>
public sealed record DkimKeyRecord
{
    private DkimKeyRecord()
    {
    }

    /// <summary>k=: <c>rsa</c> when absent.</summary>
    public required string KeyType { get; init; }

    /// <summary>p=, decoded; empty when the key is revoked.</summary>
    public required ReadOnlyMemory<byte> PublicKey { get; init; }

    /// <summary>p= is there but empty.</summary>
    public bool IsRevoked => PublicKey.IsEmpty;

    /// <summary>h= allows SHA-256, or is absent.</summary>
    public bool AllowsSha256 { get; private init; }

    /// <summary>s= allows e-mail, or is absent.</summary>
    public bool AllowsEmail { get; private init; }

    /// <summary>t=y.</summary>
    public bool IsTesting { get; private init; }

    /// <summary>t=s: the domain of i= must be d= itself.</summary>
    public bool RequiresExactDomain { get; private init; }

    /// <param name="text">The strings of one TXT record joined.</param>
    /// <param name="fault">What is wrong, when false is returned.</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out DkimKeyRecord? record, out string fault)
    {
        record = null;
        if (!TagList.TryParse(Encoding.UTF8.GetBytes(text), out var tags, out fault))
        {
            fault = "key record: " + fault;
            return false;
        }

        fault = FaultOf(tags, out var publicKey);
        if (fault.Length > 0)
        {
            return false;
        }

        var flags = tags.Items("t") ?? [];
        var services = tags.Items("s") ?? ["*"];
        record = new DkimKeyRecord
        {
            KeyType = tags["k"] ?? "rsa",
            PublicKey = publicKey,
            AllowsSha256 = tags.Items("h")?.Contains("sha256") ?? true,
            AllowsEmail = services.Contains("*") || services.Contains("email"),
            IsTesting = flags.Contains("y"),
            RequiresExactDomain = flags.Contains("s"),
        };
        return true;
    }

    private static string FaultOf(TagList tags, out byte[] publicKey)
    {
        publicKey = [];
        if (tags["v"] is { } version && (version != "DKIM1" || tags.FirstName != "v"))
        {
            return "key record: v= is not DKIM1 or not first";
        }

        if (tags.Compact("p") is not { } text)
        {
            return "key record: p= is missing";
        }

        var octets = new byte[text.Length];
        if (!Convert.TryFromBase64String(text, octets, out var length))
        {
            return "key record: p= is not base64";
        }

        publicKey = octets[..length];
        return string.Empty;
    }
}
