namespace Relay.Delivery;

/// <summary>Text that came from a peer, made fit for events, reports and logs.</summary>
internal static class RemoteText
{
    /// <summary>Control characters become spaces; longer text is cut and ends in an ellipsis.</summary>
    public static string Clean(string text, int maxLength)
    {
        var cut = text.Length > maxLength ? string.Concat(text.AsSpan(0, maxLength - 1), "…") : text;
        return cut.AsSpan().IndexOfAnyInRange('\0', '\x1f') < 0 && !cut.Contains('\x7f', StringComparison.Ordinal)
            ? cut
            : string.Create(cut.Length, cut, static (span, source) =>
            {
                for (var i = 0; i < span.Length; i++)
                {
                    span[i] = char.IsControl(source[i]) ? ' ' : source[i];
                }
            });
    }
}
