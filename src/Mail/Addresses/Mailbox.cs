using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Text;

namespace Relay.Mail;

/// <summary>A mailbox as the envelope knows it: local-part @ domain or address literal (RFC 5321 §4.1.2, RFC 6531 §3.3).</summary>
/// <remarks>
/// The local part is kept unquoted and compared exactly, because only the receiving host may interpret it
/// (RFC 5321 §2.4); the domain is compared as <see cref="DomainName"/> does.
/// </remarks>
public sealed class Mailbox : IEquatable<Mailbox>
{
    private Mailbox(string localPart, DomainName? domain, IPAddress? literal)
    {
        LocalPart = localPart;
        Domain = domain;
        Literal = literal;
    }

    /// <summary>Unquoted local part; at most 64 octets of UTF-8 as written, empty only when written as "".</summary>
    public string LocalPart { get; }

    /// <summary>Null for an address literal.</summary>
    public DomainName? Domain { get; }

    /// <summary>The address of <c>user@[192.0.2.1]</c> or <c>user@[IPv6:2001:db8::1]</c>; otherwise null.</summary>
    public IPAddress? Literal { get; }

    /// <summary>What stands behind the @ on the wire: A-label domain or bracketed literal.</summary>
    public string DomainText => Domain?.Ascii ?? AddressLiteral.Format(Literal!);

    /// <summary>True when the local part needs SMTPUTF8 (RFC 6531).</summary>
    public bool NeedsSmtpUtf8 => !Ascii.IsValid(LocalPart);

    public static Mailbox Parse(string text) =>
        TryParse(text, out var mailbox) ? mailbox : throw new FormatException($"'{text}' is not a mailbox");

    /// <summary>Parses the text between the angle brackets; no source route, comments or folding.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, [NotNullWhen(true)] out Mailbox? mailbox)
    {
        mailbox = null;
        return text.Length <= MailboxSyntax.MaxMailboxOctets
            && MailboxSyntax.TryReadLocalPart(text, out var localPart, out var at)
            && TryJoin(localPart, Encoding.UTF8.GetByteCount(text[..at]), text[(at + 1)..], out mailbox);
    }

    /// <summary>Makes a mailbox of an unquoted local part and a domain or bracketed literal; false when it could not be written.</summary>
    public static bool TryCreate(string localPart, ReadOnlySpan<char> domain, [NotNullWhen(true)] out Mailbox? mailbox)
    {
        mailbox = null;
        return MailboxSyntax.IsWritable(localPart)
            && Encoding.UTF8.GetByteCount(MailboxSyntax.QuoteLocalPart(localPart)) is var octets and <= MailboxSyntax.MaxLocalPartOctets
            && TryJoin(localPart, octets, domain, out mailbox);
    }

    public bool Equals(Mailbox? other) =>
        other is not null && LocalPart == other.LocalPart && Equals(Domain, other.Domain) && Equals(Literal, other.Literal);

    public override bool Equals(object? obj) => Equals(obj as Mailbox);

    public override int GetHashCode() => HashCode.Combine(LocalPart, Domain, Literal);

    /// <summary>Wire form without angle brackets: quoted where needed, domain as A-labels.</summary>
    public override string ToString() => $"{MailboxSyntax.QuoteLocalPart(LocalPart)}@{DomainText}";

    /// <summary>As people read it: the domain in U-labels (RFC 5890 §2.3.2.1). Not for the wire.</summary>
    public string ToDisplayString() => Domain is { } domain ? $"{MailboxSyntax.QuoteLocalPart(LocalPart)}@{domain.Unicode}" : ToString();

    private static bool TryJoin(string localPart, int localOctets, ReadOnlySpan<char> domainText, [NotNullWhen(true)] out Mailbox? mailbox)
    {
        mailbox = null;
        if (domainText.StartsWith('['))
        {
            mailbox = AddressLiteral.TryParse(domainText, out var address) ? new Mailbox(localPart, null, address) : null;
        }
        else if (DomainName.TryParse(domainText, out var domain)
            && localOctets + 1 + domain.Ascii.Length <= MailboxSyntax.MaxMailboxOctets)
        {
            mailbox = new Mailbox(localPart, domain, null);
        }

        return mailbox is not null;
    }
}
