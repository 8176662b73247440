using Relay.Smtp.Client;

namespace Relay.Delivery;

/// <summary>Says of a refusal what it is, whose fault, and whether the address is dead. Pure: the same facts and rules always give the same verdict.</summary>
/// <remarks>
/// 1. Rules with definite words, in their order, over the reason itself; 2. over everything the report says, for reports that name the
/// reason elsewhere. 3. Codes, and words that are used for many things. 4. Undefined, which is never hard.
/// </remarks>
public sealed class BounceClassifier
{
    // A greeting may say of the whole host that it takes no mail (RFC 7504).
    private const string AcceptsNoMail = "accepts-no-mail";

    private static readonly string[] StepsBeforeRecipient =
        [.. new[] { TransactionStep.Connect, TransactionStep.Greeting, TransactionStep.Hello, TransactionStep.StartTls, TransactionStep.Authentication, TransactionStep.Mail }.Select(step => step.ToString())];

    private readonly BounceRules _rules;

    internal BounceClassifier(BounceRules rules) => _rules = rules;

    /// <summary>By the rules that come with the program.</summary>
    public static BounceClassifier Shipped { get; } = new(BounceRules.Shipped);

    public string Version => _rules.Version;

    public BounceVerdict Classify(BounceFacts facts)
    {
        var words = BounceWords.Of(facts.Text);
        var more = facts.MoreText is { Length: > 0 } text ? BounceWords.Of(text) : null;
        return Find(facts, words, more: null, isStrong: true)
            ?? (more is null ? null : Find(facts, more, more: null, isStrong: true))
            ?? Find(facts, words, more, isStrong: false)
            ?? Undefined();
    }

    private BounceVerdict? Find(BounceFacts facts, string words, string? more, bool isStrong)
    {
        foreach (var rule in _rules.All)
        {
            if (rule.IsStrong == isStrong
                && CanBeMeant(rule.Subclass, facts.Step)
                && (rule.Match(facts, words) ?? (more is not null && rule.Text.Count > 0 ? rule.Match(facts, more) : null)) is { } matched)
            {
                return Verdict(rule.Subclass, rule.Id, matched, facts);
            }
        }

        return null;
    }

    // Before a recipient is named "unknown" and "not recognized" are said of our commands, our host or the sender.
    private static bool CanBeMeant(BounceSubclass subclass, string? step) =>
        step is null || !StepsBeforeRecipient.Contains(step) || !(subclass.IsHard && subclass.Class is BounceClass.BadMailbox or BounceClass.BadDomain) || subclass.Name == AcceptsNoMail;

    private BounceVerdict Undefined() => new(Nothing.Class, Nothing.Name, Nothing.Fault, false, $"none@{_rules.Version}", string.Empty);

    private BounceSubclass Nothing => _rules.Subclasses[BounceVerdict.Undefined];

    // What they call temporary themselves, or still try, is never hard.
    private BounceVerdict Verdict(BounceSubclass subclass, string rule, string matched, BounceFacts facts) =>
        new(subclass.Class, subclass.Name, subclass.Fault, subclass.IsHard && facts.ReplyClass != 4 && !facts.IsDelay, $"{rule}@{_rules.Version}", matched);
}
