using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Conversation.Client;

/// <summary>Plays every dialogue of this folder against the client; the peer's octets arrive whole, by line and by byte.</summary>
public sealed class ClientConversationTests
{
    private static string Folder => Path.Combine(TestData.Root, "tests", "Conversation", "Client");

    public static TheoryData<string, PeerCutting> Dialogues()
    {
        var dialogues = new TheoryData<string, PeerCutting>();
        foreach (var file in Directory.EnumerateFiles(Folder, "*.smtp").Select(Path.GetFileName).Order(StringComparer.Ordinal))
        {
            foreach (var cutting in Enum.GetValues<PeerCutting>())
            {
                dialogues.Add(file!, cutting);
            }
        }

        return dialogues;
    }

    [Theory]
    [MemberData(nameof(Dialogues))]
    public async Task Client_keeps_to_the_dialogue(string file, PeerCutting cutting)
    {
        var lines = await File.ReadAllLinesAsync(Path.Combine(Folder, file));
        await using var player = new ClientDialogue(lines, cutting);
        await player.PlayAsync();
    }
}
