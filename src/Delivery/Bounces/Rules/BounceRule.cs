using Relay.Mail;

namespace Relay.Delivery;

/// <summary>One rule: all conditions that it names must hold.</summary>
internal sealed record BounceRule
{
    public required string Id { get; init; }

    public required BounceSubclass Subclass { get; init; }

    /// <summary>Any of them must be in the text.</summary>
    public IReadOnlyList<BouncePhrase> Text { get; init; } = [];

    /// <summary>Any of them must be in the text as it stands, in lower case.</summary>
    public IReadOnlyList<string> Raw { get; init; } = [];

    /// <summary>None of them may be.</summary>
    public IReadOnlyList<BouncePhrase> Without { get; init; } = [];

    /// <summary>Reply codes; <c>45</c> stands for 450 to 459, <c>4</c> for all of 4yz.</summary>
    public IReadOnlyList<int> Code { get; init; } = [];

    /// <summary>Subject and detail of the enhanced code, the class left out; a detail of −1 stands for any.</summary>
    public IReadOnlyList<(int Subject, int Detail)> Enhanced { get; init; } = [];

    /// <summary>What the system that sent the report calls it, as it writes it.</summary>
    public IReadOnlyList<string> Category { get; init; } = [];

    /// <summary>Suffixes of the host's name.</summary>
    public IReadOnlyList<string> Host { get; init; } = [];

    public IReadOnlyList<string> Step { get; init; } = [];

    /// <summary>4: only what they call temporary; 5: only what they call permanent; null: either, and what has no code.</summary>
    public int? ReplyClass { get; init; }

    /// <summary>Words that are used for many things: asked only when no other words are known, together with the codes.</summary>
    public bool IsWeak { get; init; }

    /// <summary>Codes that mean one thing: asked together with the definite words.</summary>
    public bool IsDefinite { get; init; }

    public bool IsStrong => IsDefinite || ((Text.Count > 0 || Raw.Count > 0) && !IsWeak);

    /// <summary>What matched; null when the rule does not hold.</summary>
    public string? Match(BounceFacts facts, string words)
    {
        if ((ReplyClass is { } wanted && facts.ReplyClass != wanted) || !HoldsCode(facts) || !HoldsHost(facts) || !HoldsCategory(facts) || (Step.Count > 0 && (facts.Step is null || !Step.Contains(facts.Step))))
        {
            return null;
        }

        if (Raw.Count > 0)
        {
            return Raw.FirstOrDefault(raw => facts.Text.Contains(raw, StringComparison.OrdinalIgnoreCase));
        }

        if (Text.Count == 0)
        {
            return Without.Any(phrase => phrase.IsIn(words)) ? null : Category.Count > 0 ? facts.Category : CodeText(facts);
        }

        var matched = Text.FirstOrDefault(phrase => phrase.IsIn(words));
        return matched is null || Without.Any(phrase => phrase.IsIn(words)) ? null : matched.Text;
    }

    private bool HoldsCode(BounceFacts facts) =>
        (Code.Count == 0 || (facts.ReplyCode is { } code && Code.Any(wanted => wanted < 10 ? code / 100 == wanted : wanted < 100 ? code / 10 == wanted : code == wanted)))
        && (Enhanced.Count == 0 || (facts.Enhanced is { } enhanced && Enhanced.Any(wanted => Is(wanted, enhanced))));

    private bool HoldsHost(BounceFacts facts) =>
        Host.Count == 0 || (facts.Host is { } host && Host.Any(suffix => host.EndsWith(suffix, StringComparison.OrdinalIgnoreCase)));

    private bool HoldsCategory(BounceFacts facts) =>
        Category.Count == 0 || (facts.Category is { } category && Category.Contains(category, StringComparer.OrdinalIgnoreCase));

    private static bool Is((int Subject, int Detail) wanted, EnhancedStatusCode code) =>
        wanted.Subject == code.Subject && (wanted.Detail < 0 || wanted.Detail == code.Detail);

    private static string CodeText(BounceFacts facts) =>
        string.Join(' ', new[] { facts.ReplyCode?.ToString(System.Globalization.CultureInfo.InvariantCulture), facts.Enhanced?.ToString() }.Where(text => text is not null));
}
