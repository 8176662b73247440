using Relay.Delivery;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

/// <summary>Replies as receivers document them, understood as an operator would.</summary>
public sealed class KnownRepliesTests
{
    public static TheoryData<string, string, string> Replies() => Read("known.tsv");

    public static TheoryData<string, string, string> Variations() => Read("variations.tsv");

    [Theory]
    [MemberData(nameof(Replies))]
    public void A_documented_reply_is_understood(string reply, string subclasses, string step)
    {
        var facts = BounceClassifierTests.Facts(reply, step);
        var verdict = BounceClassifier.Shipped.Classify(facts);
        Assert.True(subclasses.Split(',').Contains(verdict.Subclass), $"{verdict.Subclass} by {verdict.Rule} ({verdict.Matched}) instead of {subclasses}: {reply}");
    }

    [Theory]
    [MemberData(nameof(Variations))]
    public void A_variation_is_understood_and_hard_only_where_the_address_is_dead(string reply, string verdicts, string step)
    {
        var verdict = BounceClassifier.Shipped.Classify(ReportEvidence.OfReply(reply, step.Length > 0 ? step : null, null));
        var said = verdict.Subclass + (verdict.IsHard ? "!" : string.Empty);
        Assert.True(verdicts.Split(',').Contains(said), $"{said} by {verdict.Rule} ({verdict.Matched}) instead of {verdicts}: {reply}");
    }

    private static TheoryData<string, string, string> Read(string name)
    {
        var data = new TheoryData<string, string, string>();
        var lines = File.ReadAllLines(Path.Combine(TestData.Root, "tests", "Data", "bounce-replies", name));
        foreach (var fields in lines.Where(line => !line.StartsWith('#')).Select(line => line.Split('\t')))
        {
            data.Add(fields[0], fields[1], fields[2]);
        }

        return data;
    }
}
