using Relay.Mail;
using Relay.Queue;

namespace Relay.Delivery;

/// <summary>The operator's rules in their order: the first whose conditions all hold marks the recipient's queue key with its name.</summary>
/// <remarks>
/// Rules are asked once, when a message is accepted, since only then all of its facts are at hand. A rule that is gone later leaves
/// its mail to the recipient's domain.
/// </remarks>
internal sealed class RouteRules(DeliveryOptions options) : IQueueKeys
{
    public string KeyFor(QueuedMessage message, string? user, Mailbox recipient)
    {
        var domain = recipient.DomainText;
        if (options.Rules.Count == 0)
        {
            return domain;
        }

        var facts = new RuleFacts(message.ReversePath.Mailbox?.DomainText, domain, user, message.Tags, message.AccountId, message.Stream);
        return new RouteKey(domain, Verdicts(facts).FirstOrDefault(v => v.Mismatch is null)?.Rule.Name).ToString();
    }

    /// <summary>Every rule with what speaks against it; asked lazily, in order.</summary>
    public IEnumerable<RuleVerdict> Verdicts(RuleFacts facts) => options.Rules.Select(rule => new RuleVerdict(rule, MismatchOf(rule, facts)));

    /// <summary>A rule by name; or what an operator bound mail to: <c>route:NAME</c>, <c>pool:NAME</c>, which no rule's name can be.</summary>
    public RuleOptions? Find(string name) => name.Split(':', 2) switch
    {
        ["route", var route] => new RuleOptions { Name = name, Route = route },
        ["pool", var pool] => new RuleOptions { Name = name, Pool = pool },
        _ => options.Rules.FirstOrDefault(rule => rule.Name == name),
    };

    private static string? MismatchOf(RuleOptions rule, RuleFacts facts)
    {
        if (rule.RecipientDomains.Count > 0 && !rule.RecipientDomains.Any(d => IsWithin(facts.RecipientDomain, d)))
        {
            return $"the recipient's domain is {facts.RecipientDomain}";
        }

        if (rule.SenderDomains.Count > 0 && (facts.SenderDomain is null || !rule.SenderDomains.Any(d => IsWithin(facts.SenderDomain, d))))
        {
            return facts.SenderDomain is null ? "the reverse-path is null" : $"the sender's domain is {facts.SenderDomain}";
        }

        if (rule.Users.Count > 0 && (facts.User is null || !rule.Users.Contains(facts.User, StringComparer.OrdinalIgnoreCase)))
        {
            return facts.User is null ? "there was no login" : $"the user is {facts.User}";
        }

        if (rule.Tags.Count > 0 && !rule.Tags.Any(tag => facts.Tags.Contains(tag, StringComparer.Ordinal)))
        {
            return facts.Tags.Count == 0 ? "there are no tags" : $"the tags are {string.Join(", ", facts.Tags)}";
        }

        if (rule.Accounts.Count > 0 && !rule.Accounts.Contains(facts.AccountId))
        {
            return $"the account is {facts.AccountId}";
        }

        return rule.Stream is { } stream && stream != facts.Stream ? $"the stream is {facts.Stream.ToString().ToLowerInvariant()}" : null;
    }

    private static bool IsWithin(string domain, string pattern) =>
        pattern.StartsWith('.') ? domain.EndsWith(pattern, StringComparison.OrdinalIgnoreCase) : domain.Equals(pattern, StringComparison.OrdinalIgnoreCase);
}

/// <summary>What rules look at.</summary>
internal sealed record RuleFacts(string? SenderDomain, string RecipientDomain, string? User, IReadOnlyList<string> Tags, long AccountId, MailStream Stream);

/// <param name="Mismatch">The first condition that does not hold; null when the rule applies.</param>
internal sealed record RuleVerdict(RuleOptions Rule, string? Mismatch);
