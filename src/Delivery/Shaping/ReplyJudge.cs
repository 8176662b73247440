using Relay.Mail;

namespace Relay.Delivery;

/// <summary>Finds the rule for a reply, and what it asks for one recipient. Immutable; thread safe.</summary>
internal sealed class ReplyJudge(ShapingOptions options)
{
    /// <summary>The first rule that matches: the provider's, then anybody's.</summary>
    public ReplyRule? Find(ProviderPreset? provider, AttemptOutcome outcome)
    {
        if (outcome.Reply is not { Code: >= 400 } reply || outcome.Step is not { } step)
        {
            return null;
        }

        foreach (var rule in provider?.Rules ?? [])
        {
            if (rule.Matches(reply, step))
            {
                return rule;
            }
        }

        foreach (var rule in options.Rules)
        {
            if (rule.Matches(reply, step))
            {
                return rule;
            }
        }

        return null;
    }

    /// <summary>How long the rule's decisions hold for this reply; null when neither names a time.</summary>
    public static TimeSpan? DurationOf(ReplyRule rule, SmtpReply reply) => (rule.UsesHint ? RetryHint.Find(reply.Text) : null) ?? rule.For;

    /// <summary>The outcome as the rule sees it: another class, another time, a deferral in place of a bounce.</summary>
    public AttemptOutcome Judge(ProviderPreset? provider, AttemptOutcome outcome, DateTimeOffset now)
    {
        if (Find(provider, outcome) is not { } rule)
        {
            return outcome;
        }

        if (rule.Class is { } bounceClass)
        {
            outcome = outcome with { Class = bounceClass, Fault = BounceClass.FaultOf(bounceClass) };
        }

        return rule.Defers && DurationOf(rule, outcome.Reply!) is { } wait
            ? outcome with { Kind = OutcomeKind.Deferred, Status = outcome.Status with { Class = 4 }, RetryAt = now + wait }
            : outcome;
    }
}
