using Relay.Mail;

namespace Relay;

/// <summary>A domain, or all below one: <c>"example.com"</c>, <c>".example.com"</c>; kept as A-labels.</summary>
internal sealed record DomainPattern(string Text)
{
    public static DomainPattern? TryParse(string text)
    {
        var isTree = text.StartsWith('.');
        return DomainName.TryParse(isTree ? text[1..] : text, out var domain) ? new DomainPattern((isTree ? "." : string.Empty) + domain.Ascii) : null;
    }

    public override string ToString() => Text;
}
