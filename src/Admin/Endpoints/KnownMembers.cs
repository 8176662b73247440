using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Relay.Admin;

/// <summary>Bodies of this API hold no other members than those that are known: a mistyped one must not silently count for nothing.</summary>
internal static class KnownMembers
{
    public static void Require(JsonTypeInfo type)
    {
        if (type.Kind == JsonTypeInfoKind.Object && type.Type.Assembly == typeof(KnownMembers).Assembly)
        {
            type.UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow;
        }
    }
}
