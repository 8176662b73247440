using Relay.Delivery;
using Relay.Smtp.Client;

namespace Relay;

/// <summary>From a presets file's sections to what delivery is told.</summary>
internal static class PresetsMapping
{
    public static ShapingOptions ToShaping(PresetsSection presets) => new()
    {
        Providers = [.. presets.Provider.Select(provider => ToProvider(provider.Key, provider.Value))],
        Rules = [.. presets.Rule.Select(rule => ToRule("any", rule))],
    };

    private static ProviderPreset ToProvider(string name, ProviderSection provider) => new()
    {
        Name = name,
        Title = provider.Title,
        Source = provider.Source,
        Checked = provider.Checked,
        MxSuffixes = [.. provider.Mx.Select(suffix => suffix.Ascii)],
        Limits = new SiteOptions
        {
            MaxConnections = provider.MaxConnections,
            MessageRate = ToRate(provider.MessageRate) is { } rate ? (MessageRates)rate : null,
            MaxMessagesPerConnection = provider.MaxMessagesPerConnection,
            MaxRecipientsPerTransaction = provider.MaxRecipientsPerTransaction,
        },
        Rules = [.. provider.Rule.Select(rule => ToRule(name, rule))],
    };

    private static ReplyRule ToRule(string owner, ReplyRuleSection rule) => new()
    {
        Name = $"{owner}/{rule.Name}",
        Steps = [.. rule.Step.Select(ToStep)],
        Codes = rule.Code,
        Enhanced = rule.Enhanced,
        Text = rule.Text,
        Times = rule.Times,
        Within = rule.Within,
        For = rule.For,
        UsesHint = rule.Hint,
        Connections = rule.Connections,
        ConnectionsBy = rule.ConnectionsBy?.Value / 100.0,
        Rate = ToRate(rule.Rate),
        RateBy = rule.RateBy?.Value / 100.0,
        Suspend = rule.Suspend switch
        {
            SuspensionKind.Path => SuspensionScope.Path,
            SuspensionKind.Site => SuspensionScope.Site,
            SuspensionKind.Source => SuspensionScope.Source,
            _ => SuspensionScope.None,
        },
        Defers = rule.Defer,
        Class = rule.Class,
    };

    private static MessageRate? ToRate(Rate? rate) => rate is { } said ? new MessageRate(said.Amount, said.Period) : null;

    private static TransactionStep ToStep(ReplyStep step) => step switch
    {
        ReplyStep.Connect => TransactionStep.Connect,
        ReplyStep.Greeting => TransactionStep.Greeting,
        ReplyStep.Hello => TransactionStep.Hello,
        ReplyStep.StartTls => TransactionStep.StartTls,
        ReplyStep.Auth => TransactionStep.Authentication,
        ReplyStep.Mail => TransactionStep.Mail,
        ReplyStep.Rcpt => TransactionStep.Recipient,
        ReplyStep.Data => TransactionStep.Data,
        ReplyStep.Content => TransactionStep.Content,
        _ => TransactionStep.FinalDot,
    };
}
