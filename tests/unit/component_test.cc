#include "wasm/component.h"

#include <gtest/gtest.h>

#include "component_builder.h"
#include "module_builder.h"

namespace heapbump {
namespace {

using test::ComponentBuilder;

std::vector<std::byte> empty_module() {
  return test::ModuleBuilder().build();
}

TEST(Component, ReportsEachCoreModuleWithItsFileOffset) {
  const auto module = empty_module();
  const auto bytes = ComponentBuilder().module(module).module(module).build();
  const auto component = read_component(bytes);
  ASSERT_TRUE(component) << component.error().message;
  ASSERT_EQ(component->modules.size(), 2u);
  EXPECT_EQ(component->modules[0].file_offset, 10u);
  EXPECT_EQ(component->modules[1].file_offset, 20u);
  EXPECT_TRUE(read_module(component->modules[1].bytes));
}

TEST(Component, FollowsAnImportThroughBagsAndAliasesToTheInstanceThatExportsIt) {
  const auto bytes = ComponentBuilder()
                         .module(empty_module())
                         .instantiate(0, {})
                         .alias(2, 0, "memory")
                         .bag("mem", 2, 0)
                         .alias(2, 1, "mem")
                         .bag("memory", 2, 1)
                         .instantiate(0, {{"env", 2}})
                         .build();
  const auto component = read_component(bytes);
  ASSERT_TRUE(component) << component.error().message;
  const auto origin = component->resolve(component->instances[3], "env", "memory", ExternalKind::memory);
  ASSERT_TRUE(origin);
  EXPECT_EQ(*origin, (CoreOrigin{0, "memory"}));
  EXPECT_FALSE(component->resolve(component->instances[3], "env", "memory", ExternalKind::function));
  EXPECT_FALSE(component->resolve(component->instances[3], "other", "memory", ExternalKind::memory));
}

TEST(Component, CountsCanonicalDefinitionsIntoTheFunctionIndexSpace) {
  Writer canon;  // lift makes no core function; lower, resource.drop and thread.yield make one each
  canon.uleb(4);
  canon.u8(0x00).u8(0x00).uleb(0).uleb(2).u8(0x03).uleb(0).u8(0x00).uleb(0);
  canon.u8(0x01).u8(0x00).uleb(0).uleb(1).u8(0x04).uleb(0);
  canon.u8(0x03).uleb(300);
  canon.u8(0x0c).u8(0x00);
  const auto component = read_component(ComponentBuilder().section(8, canon.view()).build());
  ASSERT_TRUE(component) << component.error().message;
  EXPECT_EQ(component->functions.size(), 3u);
}

TEST(Component, RefusesAReferenceToSomethingDefinedLater) {
  const auto bytes = ComponentBuilder().instantiate(0, {}).build();
  EXPECT_EQ(read_component(bytes).error().code, Code::kBadIndex);
  EXPECT_EQ(read_component(ComponentBuilder().bag("x", 0, 0).build()).error().code, Code::kBadIndex);
  EXPECT_EQ(read_component(ComponentBuilder().alias(0, 0, "x").build()).error().code, Code::kBadIndex);
}

TEST(Component, RefusesWhatItDoesNotKnowInsteadOfMiscounting) {
  EXPECT_EQ(
      read_component(ComponentBuilder().section(8, Writer().uleb(1).u8(0x7e).view()).build()).error().code,
      Code::kComponentFeature);
  EXPECT_EQ(read_component(ComponentBuilder().section(13, {}).build()).error().code, Code::kComponentFeature);
}

TEST(Component, RefusesDeepNesting) {
  std::vector<std::byte> inner = ComponentBuilder().build();
  for (int i = 0; i < 16; ++i) inner = ComponentBuilder().component(inner).build();
  EXPECT_TRUE(read_component(inner));
  inner = ComponentBuilder().component(inner).build();
  EXPECT_EQ(read_component(inner).error().code, Code::kWorkLimit);
}

TEST(Component, ACoreModuleIsNotAComponent) {
  EXPECT_EQ(read_component(empty_module()).error().code, Code::kNotComponent);
  EXPECT_FALSE(is_component(empty_module()));
  EXPECT_TRUE(is_component(ComponentBuilder().build()));
}

TEST(Component, EveryTruncationIsAnErrorOrAShorterComponent) {
  const auto bytes = ComponentBuilder()
                         .module(empty_module())
                         .instantiate(0, {})
                         .alias(2, 0, "memory")
                         .bag("m", 2, 0)
                         .build();
  std::size_t accepted = 0;
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    if (read_component(Bytes(bytes).first(size))) ++accepted;
  }
  EXPECT_EQ(accepted, 4u);  // the four cuts between sections
}

}  // namespace
}  // namespace heapbump
