using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Conversation;

/// <summary>Every file in Server, played in every way its bytes can be cut.</summary>
public sealed class ServerConversationTests
{
    private static string Folder => Path.Combine(TestData.Root, "tests", "Conversation", "Server");

    public static TheoryData<string, RunnerPace> Conversations()
    {
        var data = new TheoryData<string, RunnerPace>();
        foreach (var path in Directory.GetFiles(Folder, "*.smtp").Order(StringComparer.Ordinal))
        {
            var onlyWhole = RunnerScript.Load(path).Head.Any(step => step.Text == "only");
            foreach (var pace in Enum.GetValues<RunnerPace>().Where(pace => pace == RunnerPace.Whole || !onlyWhole))
            {
                data.Add(Path.GetFileName(path), pace);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Conversations))]
    public async Task Server_answers_as_the_conversation_says(string file, RunnerPace pace)
    {
        await using var player = new ServerPlayer(RunnerScript.Load(Path.Combine(Folder, file)), pace);
        await player.PlayAsync();
    }

    [Fact]
    public void Every_conversation_cites_what_it_tests()
    {
        foreach (var path in Directory.GetFiles(Folder, "*.smtp"))
        {
            Assert.Matches(@"^# (RFC \d+ §|draft-)", RunnerScript.Load(path).Citation);
        }
    }
}
