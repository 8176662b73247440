namespace Relay.Queue;

/// <summary>Something that large receivers ask of senders.</summary>
/// <param name="Id">Stable, for scripts: <c>message-id</c>, <c>spf</c>, …</param>
/// <param name="Status">Enhanced code of a refusal (RFC 3463, RFC 7372).</param>
/// <param name="Receivers">Who enforces it.</param>
/// <param name="Source">Where they say so.</param>
/// <param name="Remedy">What to do, ASCII.</param>
public sealed record ComplianceRule(string Id, string Status, IReadOnlyList<string> Receivers, string Source, string Remedy);

/// <summary>A rule that a message or its domain breaks.</summary>
/// <param name="Found">What was seen, a clause in ASCII.</param>
public sealed record ComplianceFinding(ComplianceRule Rule, string Found)
{
    public override string ToString() => $"{Rule.Id}: {Found} ({string.Join(", ", Rule.Receivers)}); {Rule.Remedy}";

    /// <summary>For logs, events and replies: in ASCII and bounded.</summary>
    public static string TextOf(IReadOnlyList<ComplianceFinding> findings)
    {
        var text = string.Join(" | ", findings);
        return new string([.. text.Take(MaxText).Select(c => c is >= ' ' and <= '~' ? c : '?')]);
    }

    private const int MaxText = 900;
}
