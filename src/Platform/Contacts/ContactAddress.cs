using System.Text;
using Relay.Mail;

namespace Relay.Platform.Contacts;

/// <summary>Addresses of contacts: which may be one, and when two are the same.</summary>
public static class ContactAddress
{
    /// <summary>
    /// The form in which addresses of contacts are compared: the domain as A-labels in small letters, ASCII letters of the local part in small
    /// letters. Nothing else is guessed: dots and what follows + belong to the address.
    /// </summary>
    public static string KeyOf(Mailbox address) => $"{Lower(address.LocalPart)}@{address.DomainText.ToLowerInvariant()}";

    /// <summary>A bare address; without display name, comment or angle brackets.</summary>
    public static bool TryParse(string? text, out Mailbox address)
    {
        var isMailbox = Mailbox.TryParse(text?.Trim(), out var mailbox);
        address = mailbox!;
        return isMailbox && mailbox!.Domain is not null;
    }

    // Only ASCII: how other letters compare is the receiving host's affair (RFC 6531 §3.3 says nothing of it).
    private static string Lower(string localPart)
    {
        if (!localPart.Any(char.IsAsciiLetterUpper))
        {
            return localPart;
        }

        var lower = new StringBuilder(localPart.Length);
        foreach (var c in localPart)
        {
            lower.Append(char.IsAsciiLetterUpper(c) ? char.ToLowerInvariant(c) : c);
        }

        return lower.ToString();
    }
}
