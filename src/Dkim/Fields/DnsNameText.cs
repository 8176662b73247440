using Relay.Mail;

namespace Relay.Dkim;

/// <summary>Names as d=, s= and i= carry them.</summary>
internal static class DnsNameText
{
    private const int MaxLength = 253;
    private const int MaxLabelLength = 63;

    /// <summary>Lower-case A-label form; U-labels are converted (RFC 8616 §4).</summary>
    /// <remarks>Underscores are let through: DNS allows them and some signers use them in selectors.</remarks>
    public static bool TryNormalize(string text, out string name)
    {
        name = text.ToLowerInvariant();
        if (!System.Text.Ascii.IsValid(text))
        {
            var valid = DomainName.TryParse(text, out var domain);
            name = domain?.Ascii ?? string.Empty;
            return valid;
        }

        return name.Length is > 0 and <= MaxLength && name.Split('.').All(IsLabel);
    }

    /// <summary>True when <paramref name="name"/> equals <paramref name="parent"/> or lies below it; both normalised.</summary>
    public static bool IsWithin(string name, string parent) =>
        name == parent || (name.EndsWith(parent, StringComparison.Ordinal) && name[^(parent.Length + 1)] == '.');

    private static bool IsLabel(string label) =>
        label.Length is > 0 and <= MaxLabelLength && label.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');
}
