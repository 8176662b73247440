using Relay.Delivery;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

/// <summary>Replies as receivers document them, understood as an operator would.</summary>
public sealed class KnownRepliesTests
{
    public static TheoryData<string, string, string> Replies()
    {
        var data = new TheoryData<string, string, string>();
        var lines = File.ReadAllLines(Path.Combine(TestData.Root, "tests", "Data", "bounce-replies", "known.tsv"));
        foreach (var fields in lines.Where(line => !line.StartsWith('#')).Select(line => line.Split('\t')))
        {
            data.Add(fields[0], fields[1], fields[2]);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Replies))]
    public void A_documented_reply_is_understood(string reply, string subclasses, string step)
    {
        var facts = BounceClassifierTests.Facts(reply, step);
        var verdict = BounceClassifier.Shipped.Classify(facts);
        Assert.True(subclasses.Split(',').Contains(verdict.Subclass), $"{verdict.Subclass} by {verdict.Rule} ({verdict.Matched}) instead of {subclasses}: {reply}");
    }
}
