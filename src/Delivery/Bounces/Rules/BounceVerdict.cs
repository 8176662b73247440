using Relay.Queue;

namespace Relay.Delivery;

/// <summary>What a refusal is, and from what it was decided.</summary>
/// <param name="Class">Bounce class, such as <c>bad-mailbox</c>.</param>
/// <param name="Subclass">More exactly, such as <c>mailbox-disabled</c>.</param>
/// <param name="IsHard">The address itself is dead: mail to it will never arrive. Everything else is soft, permanent for one message or not.</param>
/// <param name="Rule">The rule and the version of the rules: <c>user-unknown@2026.11</c>.</param>
/// <param name="Matched">What of the text or which code it matched.</param>
public sealed record BounceVerdict(string Class, string Subclass, FaultSide Fault, bool IsHard, string Rule, string Matched)
{
    public const string Undefined = "undefined";

    /// <summary>Nothing is known of it.</summary>
    public bool IsUndefined => Subclass == Undefined;

    /// <summary>In one line, as evidence.</summary>
    public string ToEvidence() => $"{Subclass} by rule {Rule}: {Matched}";
}
