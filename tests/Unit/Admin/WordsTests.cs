using System.Text.Json;
using Relay.Admin;
using Relay.Queue;
using Xunit;

namespace Relay.Tests.Unit;

/// <summary>Words of enumerations are camelCase in every answer.</summary>
public sealed class WordsTests
{
    // Without a converter such a member would be a number; with ToString it would be in another case than all others.
    [Fact]
    public void No_answer_holds_an_enumeration_itself()
    {
        var members = typeof(EventAnswer).Assembly.GetTypes()
            .Where(type => type.Name.EndsWith("Answer", StringComparison.Ordinal) && !type.IsInterface)
            .SelectMany(type => type.GetProperties())
            .ToList();

        Assert.True(members.Count > 200);
        Assert.DoesNotContain(members, member => (Nullable.GetUnderlyingType(member.PropertyType) ?? member.PropertyType).IsEnum);
    }

    [Fact]
    public void A_step_is_spelled_like_the_other_words()
    {
        var answer = EventAnswer.Of(new DeliveryEvent { Kind = DeliveryEventKind.RetryRequested, At = default, MessageId = QueueId.New(DateTimeOffset.UnixEpoch), Fault = FaultSide.Recipient, Step = "FinalDot" });

        Assert.Equal(("retryRequested", "recipient", "finalDot"), (answer.Kind, answer.Fault, answer.Step));
        Assert.Equal("finalDot", JsonSerializer.SerializeToElement(Relay.Platform.Emails.EmailEventData.Of(new DeliveryEvent { Kind = default, At = default, MessageId = default, Step = "FinalDot" })).GetProperty("Step").GetString());
    }
}
